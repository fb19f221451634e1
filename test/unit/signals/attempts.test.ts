// Sampled attempts in the rounds of a service: latency where load reports have none, percentiles, and never a rate.
import { beforeEach, describe, expect, it } from "@jest/globals";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { EndpointLoad, LoadRound } from "../../../src/model/load.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import type { Attempt } from "../../../src/signals/attempt.js";
import { SignalBook } from "../../../src/signals/signal-book.js";
import { QUANTILE_ERROR } from "../../../src/stats/log-histogram.js";
import { countingMetrics, report, sample } from "./fixtures.js";

const CHECKOUT = parseServiceName("checkout");
const A = parseInstanceId("a");
const B = parseInstanceId("b");
const INSTANCES = new Map([
  ["127.0.0.1:9001", A],
  ["127.0.0.1:9002", B],
]);

let clock: ManualClock;
let metrics: ReturnType<typeof countingMetrics>;
let book: SignalBook;
let round: LoadRound | undefined;

beforeEach(() => {
  clock = new ManualClock();
  metrics = countingMetrics();
  open();
});

function open(maxSampledEndpoints = 100): void {
  book = new SignalBook({
    clock,
    metrics,
    knows: (cluster) => (cluster === CHECKOUT ? CHECKOUT : undefined),
    instanceAt: (_service, key) => INSTANCES.get(key),
    poolOf: () => [A, B],
    limits: { maxSampledEndpoints },
  });
  book.onRound((closed) => {
    round = closed;
  });
}

const attempt = (given: Partial<Attempt> = {}): Attempt => ({
  cluster: CHECKOUT,
  endpoint: "127.0.0.1:9001",
  outcome: "answered",
  latencyMs: 20,
  ...given,
});

/** A round in which the proxy counted 100 successes of `a`. */
function loadOf(meanMs?: number): EndpointLoad {
  book.record(
    report("p1", { 9001: sample({ successes: 100, inFlight: 20, ...(meanMs === undefined ? {} : { meanMs }) }) }),
  );
  clock.advance(1_000);
  const load = round?.loads.get(A);
  if (load === undefined) throw new Error("no load");
  return load;
}

describe("sampled attempts", () => {
  it("give latency where load reports have none, and the mode L with it; rates stay the load reports'", () => {
    book.recordAttempts([attempt({ latencyMs: 10 }), attempt({ latencyMs: 30 }), attempt({ outcome: "failed" })]);
    expect(loadOf()).toMatchObject({
      latencyMs: 20,
      latencyCount: 2,
      latencySource: "access-log",
      successes: 100,
      errors: 0,
      rps: 100,
    });
    expect(round?.signalMode).toBe("L");
  });

  it("never replace what was measured for every request", () => {
    book.recordAttempts([attempt({ latencyMs: 500 })]);
    expect(loadOf(20)).toMatchObject({ latencyMs: 20, latencyCount: 100, latencySource: "envoy" });
  });

  it("that come after the load report of the same requests are not counted again", () => {
    loadOf(20);
    book.recordAttempts([attempt()]);
    book.record(report("p1", { 9001: sample({ inFlight: 1 }) }));
    expect(round?.loads.get(A)?.latencySource).not.toBe("access-log");
  });

  it("count for one round only; then Little's law stands in", () => {
    book.recordAttempts([attempt()]);
    expect(loadOf().latencySource).toBe("access-log");
    for (let i = 0; i < 5; i++) loadOf();
    expect(loadOf().latencySource).toBe("little");
  });

  it("give percentiles of successes over the last half minute, and those that nobody answered", () => {
    for (let ms = 1; ms <= 1_000; ms++) book.recordAttempts([attempt({ latencyMs: ms })]);
    book.recordAttempts([
      attempt({ outcome: "failed", latencyMs: 1 }),
      attempt({ outcome: "unanswered", latencyMs: undefined }),
    ]);
    const { sampled } = loadOf();
    expect(sampled).toMatchObject({ attempts: 1_002, unanswered: 1 });
    for (const [found, exact] of [
      [sampled?.p50Ms, 500],
      [sampled?.p90Ms, 900],
      [sampled?.p99Ms, 990],
    ] as const) {
      expect(Math.abs(Math.log((found ?? 0) / exact))).toBeLessThanOrEqual(Math.log(QUANTILE_ERROR));
    }
    for (let i = 0; i < 14; i++) loadOf();
    expect(loadOf().sampled?.attempts).toBe(1_002);
    for (let i = 0; i < 15; i++) loadOf();
    expect(loadOf().sampled).toBeUndefined();
  });

  it("give no percentile with fewer than three numbers beyond it", () => {
    for (let i = 0; i < 10; i++) book.recordAttempts([attempt()]);
    const { sampled } = loadOf();
    expect(sampled?.p50Ms).toBeDefined();
    expect([sampled?.p90Ms, sampled?.p99Ms]).toEqual([undefined, undefined]);
  });

  it("at an instance that takes over are told of its own service", () => {
    const backup = parseServiceName("backup");
    const clusters: ReadonlySet<string> = new Set([CHECKOUT, backup]);
    book = new SignalBook({
      clock,
      metrics,
      knows: (cluster) => (clusters.has(cluster) ? parseServiceName(cluster) : undefined),
      instanceAt: (service, key) =>
        key === (service === backup ? "127.0.0.1:9002" : "127.0.0.1:9001") ? A : undefined,
      takeoverOf: (service) =>
        service === CHECKOUT ? (key) => (key.endsWith("9002") ? backup : undefined) : undefined,
      poolOf: () => [A],
    });
    book.recordAttempts([attempt({ endpoint: "127.0.0.1:9002", latencyMs: 30 })]);
    const rounds: LoadRound[] = [];
    book.onRound((closed) => rounds.push(closed));
    book.record(report("p1", { 9002: sample({ successes: 10 }) }, { cluster: backup }));
    clock.advance(1_000);
    expect(rounds.map(({ service, loads }) => [service, loads.get(A)?.latencySource, loads.get(A)?.latencyMs])).toEqual(
      [[backup, "access-log", 30]],
    );
    expect(metrics.totals.get("steelyard_signal_dropped_total unknown_endpoint")).toBeUndefined();
  });

  it("of unknown services and endpoints take no memory, nor do more endpoints than allowed", () => {
    open(1);
    book.recordAttempts([
      attempt({ cluster: "other" }),
      attempt({ endpoint: "10.0.0.1:1" }),
      attempt(),
      attempt({ endpoint: "127.0.0.1:9002" }),
    ]);
    for (const reason of ["unknown_cluster", "unknown_endpoint", "sample_limit"]) {
      expect(metrics.totals.get(`steelyard_signal_dropped_total ${reason}`)).toBe(1);
    }
    // After a minute of silence the place is free again.
    for (let i = 0; i < 62; i++) loadOf();
    book.recordAttempts([attempt({ endpoint: "127.0.0.1:9002" })]);
    expect(metrics.totals.get("steelyard_signal_dropped_total sample_limit")).toBe(1);
  });
});
