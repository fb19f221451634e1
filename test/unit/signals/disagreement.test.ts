import { describe, expect, test } from "@jest/globals";
import type { InstanceId } from "../../../src/model/ids.js";
import type { LoadSample } from "../../../src/model/load.js";
import { type Doubts, hear, sumGauges } from "../../../src/signals/disagreement.js";

const A = "a" as InstanceId;

interface Seen {
  readonly successes?: number;
  readonly errors?: number;
  readonly latencyMs?: number;
  readonly inFlight?: number;
}

function sample({ successes = 20, errors = 0, latencyMs = 20, inFlight = 1 }: Seen): LoadSample {
  return {
    successes,
    errors,
    issued: successes + errors,
    inFlight,
    latency: { count: successes, sumMs: successes * latencyMs },
    failedLatency: { count: 0, sumMs: 0 },
  };
}

/** One round after the other, the same proxies each time; returns what is counted in each. */
function rounds(...all: readonly (readonly Seen[])[]): { errors: number; completions: number; latencyMs: number }[] {
  let doubts: ReadonlyMap<string, Doubts> = new Map();
  return all.map((proxies) => {
    const heard = hear(
      new Map(proxies.map((seen, i) => [`p${i}`, { intervalMs: 1_000, samples: new Map([[A, sample(seen)]]) }])),
      doubts,
    );
    doubts = heard.doubts;
    const total = heard.totals.get(A)?.sample;
    if (total === undefined) throw new Error("nothing heard");
    return {
      errors: total.errors,
      completions: total.errors + total.successes,
      latencyMs: total.latency.sumMs / total.latency.count,
    };
  });
}

const honest: Seen = {};

describe("what one proxy says against the others", () => {
  test("errors that nobody else sees count for one round only", () => {
    const liar = { successes: 0, errors: 20 };
    const [first, second, third] = rounds(
      [liar, honest, honest, honest],
      [liar, honest, honest, honest],
      [liar, honest, honest, honest],
    );
    expect(first?.errors).toBe(20);
    expect(second?.errors).toBeLessThanOrEqual(2);
    expect(third?.errors).toBeLessThanOrEqual(2);
  });

  test("errors that two of four see are believed", () => {
    const seen = { successes: 0, errors: 20 };
    const [, second] = rounds([seen, seen, honest, honest], [seen, seen, honest, honest]);
    expect(second?.errors).toBeGreaterThanOrEqual(30);
  });

  test("a grey fault that all see at a low rate is not cut, however few requests each has", () => {
    const grey = (errors: number): Seen => ({ successes: 3 - errors, errors });
    const round = [grey(1), grey(0), grey(2), grey(1), grey(0), grey(1), grey(3), grey(0)];
    for (const { errors } of rounds(round, round, round)) expect(errors).toBe(8);
  });

  test("a latency ten times that of the others counts twofold at most, from the second round on", () => {
    const liar = { latencyMs: 200 };
    const [first, second] = rounds([liar, honest, honest, honest], [liar, honest, honest, honest]);
    expect(first?.latencyMs).toBeCloseTo(65, 6);
    expect(second?.latencyMs).toBeLessThanOrEqual(25);
  });

  test("a latency that cannot be so low is lifted", () => {
    const liar = { latencyMs: 0.01 };
    const [, second] = rounds([liar, honest, honest, honest], [liar, honest, honest, honest]);
    expect(second?.latencyMs).toBeGreaterThan(16.6); // its own word is a third of what it is held against;
  });

  test("twice as far away is no lie", () => {
    const far = { latencyMs: 39 };
    const [, second] = rounds([far, honest, honest], [far, honest, honest]);
    expect(second?.latencyMs).toBeCloseTo((39 + 20 + 20) / 3, 6);
  });

  test("between two proxies there is no telling", () => {
    const liar = { successes: 0, errors: 20 };
    const [, second] = rounds([liar, honest], [liar, honest]);
    expect(second?.errors).toBe(20);
  });

  test("whoever is right again is believed at once", () => {
    const liar = { latencyMs: 200 };
    const all = rounds([liar, honest, honest], [honest, honest, honest], [liar, honest, honest]);
    expect(all[1]?.latencyMs).toBeCloseTo(20, 6);
    expect(all[2]?.latencyMs).toBeCloseTo(80, 6);
  });
});

describe("gauges", () => {
  const gauges = (...values: readonly number[]): number | undefined =>
    sumGauges(values.map((inFlight) => new Map([[A, sample({ inFlight })]]))).get(A);

  test("add up", () => expect(gauges(3, 5, 40)).toBe(48));
  test("a proxy alone counts as far as the others make likely", () => expect(gauges(2, 3, 1_000_000)).toBe(5 + 8 + 20));
  test("a small pool of proxies is taken at its word", () => expect(gauges(2, 1_000)).toBe(1_002));
});
