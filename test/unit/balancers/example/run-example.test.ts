import { describe, expect, test } from "@jest/globals";
import { EXAMPLE_ALGORITHMS, type ExampleAlgorithm } from "../../../../src/balancers/example/algorithms.js";
import { type ExampleSettings, exampleBackends, runExample } from "../../../../src/balancers/example/run-example.js";
import { measureTraits } from "../../../../src/balancers/example/traits.js";

const SETTINGS: ExampleSettings = { requests: 100, seed: 1, clients: 10, keys: 10, failureRate: 0.1 };
const run = (algorithm: ExampleAlgorithm, settings: Partial<ExampleSettings> = {}, backends = 3) =>
  runExample(algorithm, exampleBackends(backends), { ...SETTINGS, ...settings });

function named(name: string): ExampleAlgorithm {
  const algorithm = EXAMPLE_ALGORITHMS.find((candidate) => candidate.name === name);
  if (algorithm === undefined) throw new Error(`no ${name}`);
  return algorithm;
}

test("names are unique, and every algorithm of the seed document is there", () => {
  const names = EXAMPLE_ALGORITHMS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(
    expect.arrayContaining([
      "round-robin",
      "weighted-round-robin",
      "least-connections",
      "random",
      "consistent-hash",
      "least-latency",
      "p2c",
      "priority",
      "retry",
      "failover",
    ]),
  );
});

describe.each(EXAMPLE_ALGORITHMS)("$name", (algorithm) => {
  test.each([1, 2, 3, 7])("%d backends: every request is counted once, every backend is listed", (backends) => {
    const { distribution, unserved, attempts, failed } = run(algorithm, {}, backends);
    expect(Object.keys(distribution)).toEqual(exampleBackends(backends).map(({ id }) => id));
    expect(Object.values(distribution).reduce((sum, count) => sum + count, unserved)).toBe(100);
    expect([unserved, attempts >= 100, failed <= 100]).toEqual([0, true, true]);
  });

  test("the seed alone decides", () => {
    expect(run(algorithm)).toEqual(run(algorithm));
  });
});

describe("the stream", () => {
  test("is the same for all: as many failures wherever nothing is retried", () => {
    const failures = EXAMPLE_ALGORITHMS.filter(({ name }) => name !== "retry").map(
      (algorithm) => run(algorithm).failed,
    );
    expect(new Set(failures).size).toBe(1);
    expect(run(named("round-robin"), { seed: 2 }).failed).not.toBe(failures[0]);
  });

  test("overlaps: the balancer that counts requests in flight spreads by weight, and does not take turns", () => {
    const { distribution } = run(named("least-connections"), { requests: 3_000 });
    const [first = 0, second = 0, third = 0] = Object.values(distribution);
    expect(first / 3_000).toBeGreaterThan(0.1);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  test("without failures none fails, and with nothing else retries do not hide them", () => {
    expect(run(named("p2c"), { failureRate: 0 }).failed).toBe(0);
    expect(run(named("p2c"), { failureRate: 1 }).failed).toBe(100);
    const retried = run(named("retry"), { failureRate: 1 });
    expect([retried.failed, retried.attempts > 100]).toEqual([100, true]);
  });
});

describe("composites do what they are for", () => {
  test("priority: a fifth is high and goes to the heaviest, a fifth is low and goes to the lightest", () => {
    expect(run(named("priority")).distribution).toEqual({ "backend-1": 20, "backend-2": 60, "backend-3": 20 });
  });

  test("retry: a tenth of the attempts fails, and next to no request", () => {
    const { failed, attempts } = run(named("retry"), { requests: 2_000 });
    expect(failed).toBeLessThan(10);
    expect(attempts).toBeGreaterThan(2_100);
  });

  test("failover: the spare takes 30 % of the second half, when half of the first level is down", () => {
    const { distribution } = run(named("failover"), { requests: 10_000 });
    expect(Math.abs((distribution["backend-3"] ?? 0) / 5_000 - 0.3)).toBeLessThan(0.03);
  });
});

describe("traits", () => {
  test("a fair split by count, one by weight, and one by key are told apart", () => {
    const [equal, weighted, hashed] = ["round-robin", "weighted-round-robin", "maglev"].map((name) =>
      measureTraits(named(name)),
    );
    expect(equal?.evenness).toBeCloseTo(1, 3);
    expect(weighted?.weightFairness).toBeCloseTo(1, 3);
    expect(hashed?.stickiness).toBe(1);
    expect(equal?.stickiness).toBeLessThan(0.5);
    expect(hashed?.movedKeys).toBeLessThan(0.3);
  });

  test("a backend that fails at once is noticed by what learns, and not by what does not", () => {
    expect(measureTraits(named("weighted-round-robin")).failingShare).toBeCloseTo(1, 3);
    expect(measureTraits(named("p2c")).failingShare).toBeLessThan(0.1);
    expect(measureTraits(named("least-connections")).failingShare).toBeGreaterThan(1);
  });
});
