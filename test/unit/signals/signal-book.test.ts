import { beforeEach, describe, expect, it } from "@jest/globals";
import { type InstanceId, parseInstanceId, parseServiceName, type ServiceName } from "../../../src/model/ids.js";
import type { LoadRound } from "../../../src/model/load.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { SignalBook, type SignalBookOptions } from "../../../src/signals/signal-book.js";
import { countingMetrics, report, sample } from "./fixtures.js";

const CHECKOUT = parseServiceName("checkout");
const A = parseInstanceId("a");
const B = parseInstanceId("b");
const INSTANCES = new Map<string, InstanceId>([
  ["127.0.0.1:9001", A],
  ["127.0.0.1:9002", B],
]);

let clock: ManualClock;
let metrics: ReturnType<typeof countingMetrics>;
let services: Set<ServiceName>;
let book: SignalBook;
let rounds: LoadRound[];

function open(overrides: Partial<SignalBookOptions> = {}): void {
  book = new SignalBook({
    clock,
    knows: (cluster) => [...services].find((service) => service === cluster),
    instanceAt: (_, key) => INSTANCES.get(key),
    poolOf: () => [A, B],
    metrics,
    ...overrides,
  });
  rounds = [];
  book.onRound((round) => rounds.push(round));
}

const last = (): LoadRound => {
  const round = rounds.at(-1);
  if (round === undefined) throw new Error("no round yet");
  return round;
};
const load = (id: InstanceId) => last().loads.get(id);

/** The first report of a proxy opens a round that stays open for a moment. */
const settle = (): void => clock.advance(500);

beforeEach(() => {
  clock = new ManualClock();
  metrics = countingMetrics();
  services = new Set([CHECKOUT]);
  open();
});

describe("where requests come from", () => {
  it("is told by locality of the proxies, with their workers", () => {
    const from = (node: string, zone: string, successes: number, workers: number) =>
      book.record(
        report(
          node,
          { 9001: sample({ successes }), 9002: sample({ successes: 1 }) },
          { origin: { region: "r", zone }, workers },
        ),
      );
    from("p1", "a", 99, 2);
    from("p2", "b", 49, 1);
    from("p3", "a", 9, 4);
    settle();
    expect(last().origins).toEqual([
      { region: "r", zone: "a", requests: 110, workers: 6 },
      { region: "r", zone: "b", requests: 50, workers: 1 },
    ]);
  });
});

describe("one proxy", () => {
  it("makes one round per report", () => {
    for (let i = 0; i < 3; i++) {
      book.record(report("p1", { 9001: sample({ successes: 100, errors: 25, inFlight: 4, meanMs: 20 }) }));
      clock.advance(1_000);
    }
    book.record(report("p1", { 9001: sample({ successes: 100, errors: 25, inFlight: 4, meanMs: 20 }) }));
    expect(rounds).toHaveLength(4);
    expect(last()).toMatchObject({ service: CHECKOUT, intervalMs: 1_000, reporters: 1, workers: 1, signalMode: "L" });
    expect(load(A)).toEqual({
      instance: A,
      successes: 100,
      errors: 25,
      issued: 100,
      inFlight: 4,
      rps: 125,
      errorRate: 0.2,
      latencyMs: 20,
      latencyCount: 100,
      latencySource: "envoy",
      ageMs: 0,
      confidence: 125 / 145,
    });
  });

  it("makes a round of its first report before its second one", () => {
    book.record(report("p1", { 9001: sample({ successes: 1 }) }));
    clock.advance(995);
    expect(rounds).toHaveLength(1);
    book.record(report("p1", { 9001: sample({ successes: 2 }) }));
    expect(rounds.map(({ intervalMs }) => intervalMs)).toEqual([1_000, 1_000]);
  });

  it("rates by the report's own interval", () => {
    book.record(report("p1", { 9001: sample({ successes: 1_000 }) }, { intervalMs: 5_000 }));
    clock.advance(2_500);
    expect(load(A)?.rps).toBe(200);
  });

  it("never makes two rounds of a burst, and loses none of its counters", () => {
    book.record(report("p1", { 9001: sample({ successes: 10 }) }));
    clock.advance(1_000);
    expect(rounds).toHaveLength(1);
    for (let i = 0; i < 5; i++) book.record(report("p1", { 9001: sample({ successes: 10, inFlight: i }) }));
    expect(rounds).toHaveLength(2);
    clock.advance(1_000);
    book.record(report("p1", { 9001: sample({ successes: 10 }) }));
    expect(rounds).toHaveLength(3);
    expect(last().intervalMs).toBe(5_000);
    expect(load(A)).toMatchObject({ successes: 50, rps: 10, inFlight: 0 });
  });

  it("reads an absent endpoint as idle, and drops it in the end", () => {
    open({ staleAfterMs: 5_000 });
    book.record(report("p1", { 9001: sample({ successes: 10, inFlight: 3 }), 9002: sample({ successes: 1 }) }));
    clock.advance(1_000);
    book.record(report("p1", { 9002: sample({ successes: 1 }) }));
    expect(load(A)).toMatchObject({ inFlight: 0, rps: 0, errorRate: undefined, latencySource: "none", ageMs: 1_000 });
    for (let i = 0; i < 5; i++) {
      clock.advance(1_000);
      book.record(report("p1", { 9002: sample({ successes: 1 }) }));
    }
    expect([...last().loads.keys()]).toEqual([B]);
  });

  it("falls back to Little's law where nothing is measured", () => {
    for (let i = 0; i < 5; i++) {
      book.record(report("p1", { 9001: sample({ successes: 200, inFlight: 10 }) }));
      clock.advance(1_000);
    }
    expect(last().signalMode).toBe("Q");
    expect(load(A)).toMatchObject({ latencySource: "little", latencyCount: 200 });
    expect(load(A)?.latencyMs).toBeCloseTo(50, 6);
  });
});

describe("several proxies", () => {
  const tick = (nodes: readonly string[], successes = 10): void => {
    for (const node of nodes) book.record(report(node, { 9001: sample({ successes, inFlight: 1, meanMs: 10 }) }));
  };

  it("that report at the same moment fall into the same rounds, and their numbers add up", () => {
    tick(["p1", "p2"]);
    expect(rounds).toHaveLength(0);
    settle();
    expect(rounds).toHaveLength(1);
    settle();
    book.record(report("p1", { 9001: sample({ successes: 10, inFlight: 2, meanMs: 10 }) }, { workers: 3 }));
    expect(rounds).toHaveLength(1);
    book.record(report("p2", { 9001: sample({ successes: 30, inFlight: 5, meanMs: 50 }) }));
    expect(rounds).toHaveLength(2);
    expect(last()).toMatchObject({ reporters: 2, workers: 4, intervalMs: 1_000 });
    expect(load(A)).toMatchObject({ successes: 40, rps: 40, inFlight: 7, latencyMs: 40 });
  });

  it("get a common round when one joins just after the other's", () => {
    tick(["p1"]);
    clock.advance(1_000);
    tick(["p1"]);
    clock.advance(10);
    tick(["p2"]); // has now reported since the last round, 990 ms before p1 will
    clock.advance(990);
    tick(["p1"]);
    clock.advance(10);
    tick(["p2"], 30);
    clock.advance(990);
    rounds = [];
    tick(["p1"]);
    expect(rounds).toHaveLength(0);
    clock.advance(10);
    tick(["p2"]);
    expect(rounds).toHaveLength(1);
    expect(last()).toMatchObject({ intervalMs: 1_000, reporters: 2 });
  });

  it("of different intervals add their rates, each over its own time", () => {
    book.record(report("p1", { 9001: sample({ successes: 100 }) }));
    book.record(report("p2", { 9001: sample({ successes: 100 }) }, { intervalMs: 2_000 }));
    settle();
    expect(last().intervalMs).toBe(1_500);
    expect(load(A)?.rps).toBe(150);
  });

  it("wait for a late one until 1.5 intervals after the first report, keeping its last gauge", () => {
    tick(["p1", "p2"]);
    clock.advance(1_000);
    rounds = [];
    tick(["p1"]);
    clock.advance(1_499);
    expect(rounds).toHaveLength(0);
    expect(book.status(CHECKOUT)?.awaited).toEqual(["p2"]);
    clock.advance(1);
    expect(rounds).toHaveLength(1);
    expect(last()).toMatchObject({ reporters: 2, intervalMs: 1_000 });
    expect(load(A)).toMatchObject({ successes: 10, inFlight: 2 });
    expect(metrics.totals.get("steelyard_signal_rounds_total late")).toBe(1);
  });

  it("give up one that is silent for three intervals, and take it back", () => {
    tick(["p1", "p2"]);
    clock.advance(1_000);
    tick(["p1", "p2"]);
    for (let i = 0; i < 5; i++) {
      clock.advance(1_000);
      tick(["p1"]);
    }
    expect(last().reporters).toBe(1);
    expect(load(A)?.inFlight).toBe(1);
    expect(book.status(CHECKOUT)).toMatchObject({ reporters: 1, awaited: ["p1"] });
    clock.advance(1_000);
    tick(["p1"]);
    clock.advance(10);
    tick(["p2"]);
    clock.advance(1_000);
    tick(["p1", "p2"]);
    settle();
    expect(last().reporters).toBe(2);
  });

  it("close the round when the one they wait for has left", () => {
    tick(["p1", "p2"]);
    clock.advance(1_000);
    rounds = [];
    tick(["p1"]);
    book.forgetNode("p2");
    expect(rounds).toHaveLength(1);
    expect(last().reporters).toBe(1);
    expect(load(A)?.inFlight).toBe(1);
  });

  it("make no round of nothing when all have left", () => {
    tick(["p1", "p2"]);
    clock.advance(1_000);
    rounds = [];
    tick(["p1"]);
    book.forgetNode("p1");
    book.forgetNode("p2");
    clock.advance(10_000);
    expect(rounds).toEqual([]);
    expect(clock.pendingTasks).toBe(0);
  });

  it("cannot be held up by one that claims a long interval", () => {
    const round = (): void => {
      tick(["p1", "p2"]);
      clock.advance(1_000);
    };
    book.record(report("liar", {}, { intervalMs: 60_000 }));
    for (let i = 0; i < 3; i++) round();
    rounds = [];
    // It counts as 2 s, twice the others' interval: a round every three seconds, and after 15 s it is expired.
    for (let i = 0; i < 12; i++) round();
    expect(rounds).toHaveLength(4);
    for (let i = 0; i < 5; i++) round();
    rounds = [];
    for (let i = 0; i < 10; i++) round();
    expect(rounds).toHaveLength(10);
  });
});

describe("what is not known", () => {
  it("creates no state and is counted", () => {
    book.record(report("p1", { 9001: sample({ successes: 1 }) }, { cluster: "other" }));
    settle();
    expect(rounds).toEqual([]);
    book.record(report("p1", { 9009: sample({ successes: 1 }), 9001: sample({ successes: 2 }) }));
    settle();
    expect([...last().loads.keys()]).toEqual([A]);
    expect(metrics.totals.get("steelyard_signal_dropped_total unknown_cluster")).toBe(1);
    expect(metrics.totals.get("steelyard_signal_dropped_total unknown_endpoint")).toBe(1);
    expect(book.status(parseServiceName("other"))).toBeUndefined();
  });

  it("is refused beyond the limits", () => {
    open({ limits: { maxReporters: 2, maxSamples: 3 } });
    const both = { 9001: sample({}), 9002: sample({}) };
    book.record(report("p1", both));
    book.record(report("p2", both));
    book.record(report("p2", { 9001: sample({}) }));
    book.record(report("p3", {}));
    expect(metrics.totals.get("steelyard_signal_dropped_total sample_limit")).toBe(1);
    expect(metrics.totals.get("steelyard_signal_dropped_total reporter_limit")).toBe(1);
    expect(metrics.totals.get("steelyard_signal_samples")).toBe(3);
    book.forgetNode("p1");
    book.record(report("p3", both));
    expect(metrics.totals.get("steelyard_signal_samples")).toBe(3);
  });
});

describe("life of the book", () => {
  it("forgets a service with its timers", () => {
    book.record(report("p1", { 9001: sample({ successes: 1 }) }));
    book.record(report("p2", { 9001: sample({ successes: 1 }) }));
    expect(clock.pendingTasks).toBe(1);
    book.forgetService(CHECKOUT);
    expect(clock.pendingTasks).toBe(0);
    expect(book.status(CHECKOUT)).toBeUndefined();
  });

  it("prunes services that left the catalogue and proxies that fell silent", () => {
    book.record(report("p1", { 9001: sample({ successes: 1 }) }));
    clock.advance(3_000);
    book.prune(); // three intervals: still live
    expect(book.status(CHECKOUT)?.reporters).toBe(1);
    clock.advance(1);
    book.prune();
    expect(book.status(CHECKOUT)).toMatchObject({ reporters: 0, lastRoundAgeMs: 2_701 });
    services.clear();
    book.prune();
    expect(book.status(CHECKOUT)).toBeUndefined();
  });

  it("delivers to every handler even when one fails, and to none that unsubscribed", () => {
    open();
    const heard: string[] = [];
    book.onRound(() => {
      throw new Error("defect");
    });
    const stop = book.onRound(() => heard.push("second"));
    book.record(report("p1", {}));
    settle();
    stop();
    settle();
    book.record(report("p1", {}));
    expect(heard).toEqual(["second"]);
    expect(rounds).toHaveLength(2);
  });
});

describe("utilisation", () => {
  const answered = (utilization?: number) =>
    sample({ successes: 100, meanMs: 20, ...(utilization === undefined ? {} : { utilization }) });
  const both = (a?: number, b?: number) => report("p1", { 9001: answered(a), 9002: answered(b) });
  const play = (...reports: readonly ReturnType<typeof report>[]): void => {
    for (const next of reports) {
      book.record(next);
      clock.advance(1_000);
    }
  };

  it("is the mean over the answers of all proxies, and makes the mode U", () => {
    book.record(report("p1", { 9001: answered(0.2), 9002: answered(0.4) }));
    book.record(report("p2", { 9001: sample({ successes: 300, utilization: 0.6 }), 9002: answered(0.4) }));
    settle();
    expect(load(A)).toMatchObject({ utilizationAgeMs: 0, utilizationSource: "orca" });
    expect(load(A)?.utilization).toBeCloseTo(0.5);
    expect(last().signalMode).toBe("U");
  });

  it("is believed for three report intervals, with its age", () => {
    play(both(0.3, 0.4), both(), both(), both());
    expect(load(A)).toMatchObject({ utilization: 0.3, utilizationAgeMs: 2_700 });
    play(both());
    expect(load(A)?.utilization).toBeUndefined();
    expect(load(A)?.utilizationAgeMs).toBeUndefined();
  });

  it("half of the pool is not enough for mode U", () => {
    play(both(0.3));
    expect(load(A)?.utilization).toBe(0.3);
    expect(load(B)?.utilization).toBeUndefined();
    expect(last().signalMode).toBe("L");
  });

  it("comes from heartbeats where answers carry none, with what the instance counts itself", () => {
    book.recordBeat(CHECKOUT, A, { rps: 150, inFlight: 7, utilization: 0.9 }, 10_000);
    book.recordBeat(CHECKOUT, B, { rps: 20 }, 10_000);
    play(both());
    expect(load(A)).toMatchObject({
      utilization: 0.9,
      utilizationAgeMs: 300,
      utilizationSource: "heartbeat",
      reportedRps: 150,
      reportedInFlight: 7,
      rps: 100,
    });
    expect(load(B)).toMatchObject({ reportedRps: 20, rps: 100 });
    expect(load(B)?.utilization).toBeUndefined();
    expect(last().signalMode).toBe("L");
    play(both(0.5, 0.5));
    expect(load(A)).toMatchObject({ utilization: 0.5, utilizationSource: "orca", reportedRps: 150 });
  });

  it("of a heartbeat is believed for three beats", () => {
    book.recordBeat(CHECKOUT, A, { utilization: 0.9 }, 1_000);
    play(both(), both(), both());
    expect(load(A)?.utilization).toBe(0.9);
    play(both(), both());
    expect(load(A)?.utilization).toBeUndefined();
    expect(load(A)?.reportedRps).toBeUndefined();
  });

  it("of an instance that no proxy has used yet is in the round all the same", () => {
    book.recordBeat(CHECKOUT, B, { utilization: 0.1 }, 10_000);
    play(report("p1", { 9001: answered(0.5) }));
    expect(load(B)).toMatchObject({ utilization: 0.1, rps: 0, ageMs: 300 });
    expect(last().signalMode).toBe("U");
  });
});
