import { describe, expect, test } from "@jest/globals";
import { policyNames, renderChart, SCENARIOS, simulate } from "../../../src/simulator/index.js";

const QUICK = { seconds: 6, warmupSeconds: 2 };

describe("simulate", () => {
  test.each(policyNames())("%s runs", (policy) => {
    const [result] = simulate({ scenario: "S1", policies: [policy], parameters: QUICK }).results;
    expect(result!.policy).toBe(policy);
    expect(result!.requests).toBeGreaterThan(1_000);
    expect(result!.p50Ms!).toBeGreaterThan(5);
  });

  test("several seeds are pooled, and each is told on its own", () => {
    const { results, seeds } = simulate({
      scenario: "s1",
      policies: ["random"],
      seeds: 3,
      firstSeed: 7,
      parameters: QUICK,
    });
    expect(seeds).toEqual([7, 8, 9]);
    const [result] = results;
    expect(result!.runs.map(({ seed }) => seed)).toEqual([7, 8, 9]);
    expect(result!.requests).toBe(result!.runs.reduce((sum, { windows }) => sum + windows[0]!.requests, 0));
    const rates = result!.runs.map(({ windows }) => windows[0]!.goodputRps);
    expect(result!.goodputRps).toBeCloseTo(rates.reduce((sum, rate) => sum + rate, 0) / 3, 6);
  });

  test("what is not known is refused by name", () => {
    expect(() => simulate({ scenario: "S99" })).toThrow(/no scenario "S99"; there are: S1,/);
    expect(() => simulate({ scenario: "S1", policies: ["magic"], parameters: QUICK })).toThrow(/no policy "magic"/);
    expect(() => simulate({ scenario: "S1", controlSettings: { guards: { nope: 1 } } })).toThrow(/control settings/);
    const policySettings = { adaptive: { tauMs: -1 } };
    expect(() => simulate({ scenario: "S1", parameters: QUICK, policySettings })).toThrow(/settings of adaptive/);
  });

  test("settings arrive", () => {
    const pushes = (controlSettings: unknown): number =>
      simulate({ scenario: "S2", controlSettings, parameters: { ...QUICK, seconds: 20 } }).results[0]!.runs[0]!.pushes;
    expect(pushes({ guards: { deadBandLog: 1, deadBandMoved: 1, lawDriftLog: 2, collapseLeave: 8 } })).toBeLessThan(
      pushes({}),
    );
  });

  test("names of scenarios are unique, and say what is good", () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    for (const { title, expectation } of SCENARIOS)
      expect([title.length > 10, expectation.length > 4]).toEqual([true, true]);
  });
});

describe("renderChart", () => {
  const simulated = simulate({ scenario: "S4", policies: ["least-request", "oracle"], parameters: QUICK });
  const svg = renderChart(simulated);

  test("draws a line per host and policy, and one for p99 and errors per policy", () => {
    expect(svg.startsWith("<svg ")).toBe(true);
    expect(svg.match(/<path /g)?.length).toBe(9 + 9 + 2 + 2);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("says what it shows", () => {
    for (const words of [
      "S4: one host answers 503",
      "least-request: share",
      "onset",
      "8 hosts, 2 slots",
      "host 3, 2 slots",
    ])
      expect(svg).toContain(words);
  });
});
