import { describe, expect, test } from "@jest/globals";
import type { InstanceId } from "../../../src/model/ids.js";
import type { LoadSample } from "../../../src/model/load.js";
import { hear, sumGauges } from "../../../src/signals/disagreement.js";
import { gaugesOf } from "../../../src/signals/gauges.js";

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

/** What is counted in one round, from what each proxy saw. */
function counted(...proxies: readonly Seen[]): { errors: number; latencyMs: number } {
  const total = hear(proxies.map((seen) => ({ intervalMs: 1_000, samples: new Map([[A, sample(seen)]]) }))).get(A);
  if (total === undefined) throw new Error("nothing heard");
  const { errors, latency } = total.sample;
  return { errors, latencyMs: latency.sumMs / latency.count };
}

const honest: Seen = {};

describe("what one proxy says against the others", () => {
  test("errors that nobody else sees do not count", () => {
    expect(counted({ successes: 0, errors: 20 }, honest, honest, honest).errors).toBeLessThanOrEqual(1);
  });

  test("errors that two of four see are believed", () => {
    const seen = { successes: 0, errors: 20 };
    expect(counted(seen, seen, honest, honest).errors).toBeGreaterThanOrEqual(14);
  });

  test("a grey fault that all see at a low rate is not cut, however few requests each has", () => {
    const grey = (errors: number): Seen => ({ successes: 3 - errors, errors });
    expect(counted(grey(1), grey(0), grey(2), grey(1), grey(0), grey(1), grey(3), grey(0)).errors).toBe(8);
  });

  test("a latency ten times that of the others is taken for theirs", () => {
    expect(counted({ latencyMs: 200 }, honest, honest, honest).latencyMs).toBeCloseTo(20, 6);
  });

  test("a latency that cannot be so low is lifted", () => {
    // The reference leaves out the loudest voice, so the liar's own word is a third of what it is held against.
    expect(counted({ latencyMs: 0.01 }, honest, honest, honest).latencyMs).toBeGreaterThan(18);
  });

  test("somewhat farther away is no lie", () => {
    expect(counted({ latencyMs: 35 }, honest, honest).latencyMs).toBeCloseTo((35 + 20 + 20) / 3, 6);
  });

  test("between two proxies there is no telling", () => {
    expect(counted({ successes: 0, errors: 20 }, honest).errors).toBe(20);
  });
});

describe("gauges", () => {
  const gauges = (...values: readonly number[]): number | undefined =>
    sumGauges(values.map((inFlight) => gaugesOf(new Map([[A, sample({ inFlight })]])))).get(A);

  test("add up", () => expect(gauges(3, 5, 40)).toBe(48));
  test("a proxy alone counts as far as the others make likely", () => expect(gauges(2, 3, 1_000_000)).toBe(5 + 8 + 20));
  test("a small pool of proxies is taken at its word", () => expect(gauges(2, 1_000)).toBe(1_002));
});
