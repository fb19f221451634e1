// Counters of connections, read as what they are.
import { expect, test } from "@jest/globals";
import { parseInstanceId, parseServiceName } from "../../../src/model/ids.js";
import type { LoadRound } from "../../../src/model/load.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { sampleOfConnections } from "../../../src/signals/connections.js";
import { NO_LATENCY } from "../../../src/signals/load-sample.js";
import { SignalBook } from "../../../src/signals/signal-book.js";
import { report, sample } from "./fixtures.js";

test("how long a connection lasts is no latency, and one that was opened went well", () => {
  const sample = {
    successes: 0,
    errors: 2,
    issued: 40,
    inFlight: 1_000,
    latency: { count: 3, sumMs: 9 },
    failedLatency: NO_LATENCY,
    utilization: undefined,
  };
  expect(sampleOfConnections(sample)).toEqual({
    successes: 40,
    errors: 2,
    issued: 40,
    inFlight: 1_000,
    latency: NO_LATENCY,
    failedLatency: NO_LATENCY,
  });
});

test("open connections are no hanging requests: they hold no loop back, and drains can see them", () => {
  const clock = new ManualClock();
  const [wire, id] = [parseServiceName("checkout"), parseInstanceId("a")];
  const book = new SignalBook({
    clock,
    knows: () => wire,
    instanceAt: () => id,
    poolOf: () => [id],
    countsConnections: () => true,
  });
  const rounds: LoadRound[] = [];
  book.onRound((round) => rounds.push(round));
  for (let i = 0; i < 10; i++) {
    book.record(report("p1", { 9001: sample({ issued: i === 0 ? 40 : 0, inFlight: 40 }) }));
    clock.advance(1_000);
  }
  const last = rounds.at(-1);
  expect(last?.signalMode).toBe("N");
  expect(last?.loads.get(id)).toMatchObject({ inFlight: 0, openConnections: 40, issued: 0, latencySource: "none" });
  book.close();
});
