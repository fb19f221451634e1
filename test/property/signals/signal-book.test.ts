import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { LoadRound, LoadSample } from "../../../src/model/load.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { SignalBook } from "../../../src/signals/signal-book.js";

const SERVICE = parseServiceName("checkout");
const ids = ["a", "b", "c"].map(parseInstanceId);

interface Event {
  readonly waitMs: number;
  readonly node: number;
  readonly intervalMs: number;
  readonly counts: readonly number[];
}

const events = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 900 }),
    node: fc.nat(3),
    intervalMs: fc.integer({ min: 250, max: 6_000 }),
    counts: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 3 }),
  }),
  { maxLength: 60 },
);

const sampleOf = (count: number): LoadSample => ({
  successes: count,
  errors: count % 7,
  issued: count,
  inFlight: count % 5,
  latency: { count: count % 3, sumMs: (count % 3) * 20 },
  failedLatency: { count: 0, sumMs: 0 },
});

function play(list: readonly Event[]): {
  rounds: { atMs: number; round: LoadRound }[];
  clock: ManualClock;
  book: SignalBook;
} {
  const clock = new ManualClock();
  const book = new SignalBook({
    clock,
    knows: (cluster) => (cluster === SERVICE ? SERVICE : undefined),
    instanceAt: (_, key) => ids[Number(key)],
    poolOf: () => ids,
    staleAfterMs: 1e9,
  });
  const rounds: { atMs: number; round: LoadRound }[] = [];
  book.onRound((round) => rounds.push({ atMs: clock.nowMs(), round }));
  for (const { waitMs, node, intervalMs, counts } of list) {
    clock.advance(waitMs);
    const endpoints = new Map(counts.map((count, index) => [String(index), sampleOf(count)]));
    book.record({ node: `p${node}`, cluster: SERVICE, intervalMs, workers: node + 1, origin: NOWHERE, endpoints });
  }
  clock.advance(60_000);
  return { rounds, clock, book };
}

it("counts every completion in exactly one round", () => {
  fc.assert(
    fc.property(events, (list) => {
      const totals = ids.map((id) =>
        play(list).rounds.reduce((sum, { round }) => sum + (round.loads.get(id)?.successes ?? 0), 0),
      );
      expect(totals).toEqual(ids.map((_, index) => list.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0)));
    }),
    { numRuns: 60 },
  );
});

it("keeps rounds apart and every number in range", () => {
  fc.assert(
    fc.property(events, (list) => {
      const { rounds } = play(list);
      let previousMs = Number.NEGATIVE_INFINITY;
      for (const { atMs, round } of rounds) {
        expect(atMs - previousMs).toBeGreaterThanOrEqual(125); // half of the shortest interval
        previousMs = atMs;
        expect(round.reporters).toBeGreaterThanOrEqual(1);
        expect(round.workers).toBeGreaterThanOrEqual(round.reporters);
        expect(round.intervalMs).toBeGreaterThanOrEqual(250);
        for (const load of round.loads.values()) {
          for (const value of [
            load.rps,
            load.inFlight,
            load.ageMs,
            load.confidence,
            load.latencyMs ?? 0,
            load.errorRate ?? 0,
          ]) {
            expect(Number.isFinite(value) && value >= 0).toBe(true);
          }
          expect(load.errorRate === undefined).toBe(load.successes + load.errors === 0);
          expect(load.latencyMs === undefined).toBe(load.latencySource === "none");
        }
      }
    }),
    { numRuns: 60 },
  );
});

it("leaves no timer behind", () => {
  fc.assert(
    fc.property(events, (list) => {
      const { clock, book } = play(list);
      expect(clock.pendingTasks).toBe(0);
      book.close();
    }),
    { numRuns: 30 },
  );
});
