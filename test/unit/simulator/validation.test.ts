// The simulator against real Envoy 1.40 in the same set-up: docs/simulator.md has the whole table.
import { describe, expect, test } from "@jest/globals";
import { type PolicyResult, simulate } from "../../../src/simulator/simulate.js";

const resultsOf = (scenario: string, proxies: number, policies: readonly string[]): readonly PolicyResult[] =>
  simulate({ scenario, policies, parameters: { proxies } }).results;
const within = (actual: number | undefined, measured: number, tolerance = 0.15): void => {
  expect(actual! / measured).toBeGreaterThan(1 - tolerance);
  expect(actual! / measured).toBeLessThan(1 + tolerance);
};

describe("p99 as measured", () => {
  test.each([
    ["S1", 1, 101],
    ["S1", 4, 113],
    ["S2", 1, 191],
    ["S2", 4, 309],
  ])("%s, %i proxies, LEAST_REQUEST: %f ms", (scenario, proxies, measuredMs) => {
    within(resultsOf(scenario, proxies, ["least-request"])[0]?.p99Ms, measuredMs);
  });

  test.each([
    ["S2", 1, "oracle-squared", 99],
    ["S2", 4, "oracle-squared", 105],
    ["S2", 4, "oracle-capacity", 114],
    ["S3", 1, "oracle", 108],
    ["S3", 4, "oracle", 123.5],
    ["S4", 4, "oracle", 122],
  ])("%s, %i proxies, %s: %f ms", (scenario, proxies, policy, measuredMs) => {
    within(resultsOf(scenario, proxies, [policy])[0]?.p99Ms, measuredMs);
  });

  test.each([
    ["S4", 1, 0.1895],
    ["S4", 4, 0.152],
    ["S4b", 4, 0.0341],
  ])("%s, %i proxies, LEAST_REQUEST: a part of %f of all answers are errors", (scenario, proxies, measured) => {
    within(resultsOf(scenario, proxies, ["least-request"])[0]?.errorRate, measured);
  });
});

test("the same seed brings the same arrivals whatever the policy", () => {
  const policies = ["least-request", "adaptive", "random"];
  const { results } = simulate({ scenario: "S3", policies, parameters: { seconds: 6, warmupSeconds: 2 } });
  expect(new Set(results.map(({ requests }) => requests)).size).toBe(1);
});

test("adaptive beats LEAST_REQUEST where capacities differ", () => {
  const [alone, adaptive] = resultsOf("S2", 4, ["least-request", "adaptive"]);
  expect(adaptive!.p99Ms! / alone!.p99Ms!).toBeLessThan(0.5);
});
