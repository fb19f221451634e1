import { describe, expect, test } from "@jest/globals";
import type { ConnectionPool, OnResponse } from "../../../../bench/balance/load/connection-pool.js";
import { LeanLoad } from "../../../../bench/balance/load/lean-load.js";
import { RequestRecords } from "../../../../bench/balance/load/request-records.js";
import { NO_BACKEND } from "../../../../bench/balance/load/response-head.js";
import { seededRng } from "../../../../src/runtime/rng.js";

/** A load whose clock and answers are ours. */
function loadAt(rateRps: number, pools = 1) {
  const sent: { readonly pool: number; readonly onResponse: OnResponse }[] = [];
  const late: number[] = [];
  const time = { nowMs: 0 };
  const records = new RequestRecords();
  const load = new LeanLoad({
    streams: [{ request: "x", segments: [{ fromMs: 0, rateRps }], rng: seededRng(1) }],
    pools: Array.from({ length: pools }, (_, pool) => {
      const send: ConnectionPool["send"] = (_request, onResponse) => void sent.push({ pool, onResponse });
      return { send } as ConnectionPool;
    }),
    records,
    nowMs: () => time.nowMs,
    onTooLate: (lagMs) => late.push(lagMs),
  });
  const wakeAt = (nowMs: number): void => {
    time.nowMs = nowMs;
    load.wake();
  };
  return { load, sent, late, records, wakeAt };
}

describe("LeanLoad", () => {
  test("latency counts from the due time, not from the sending", () => {
    const { load, sent, records, wakeAt } = loadAt(1_000);
    load.begin(0, 100);
    wakeAt(50);
    expect(sent.length).toBeGreaterThan(20);
    expect(records.length).toBe(0);
    wakeAt(60);
    sent[0]?.onResponse({ status: 200, backend: 4 });
    const { dueMs: firstDueMs, latencyMs, status, backend } = records.at(0);
    expect(firstDueMs).toBeLessThan(50);
    expect(latencyMs).toBeCloseTo(60 - firstDueMs, 2);
    expect([status, backend]).toEqual([200, 4]);
    load.giveUp();
  });

  test("nothing is sent after the end; what is unanswered then counts with its age", () => {
    const { load, sent, records, wakeAt } = loadAt(1_000);
    load.begin(0, 10);
    wakeAt(1_000);
    expect(sent.length).toBeGreaterThan(0);
    expect(load.inFlight).toBe(sent.length);
    load.giveUp();
    const found = Array.from({ length: records.length }, (_, i) => records.at(i));
    expect(found).toHaveLength(sent.length);
    for (const { dueMs, latencyMs, status, backend } of found) {
      expect(dueMs).toBeLessThan(10);
      expect(latencyMs).toBeCloseTo(1_000 - dueMs, 2);
      expect([status, backend]).toEqual([0, NO_BACKEND]);
    }
    sent[0]?.onResponse({ status: 200, backend: 0 });
    expect(records.length).toBe(sent.length);
  });

  test("requests spread evenly over the Envoys", () => {
    const { load, sent, wakeAt } = loadAt(1_000, 4);
    load.begin(0, 2_000);
    wakeAt(2_000);
    const counts = [0, 1, 2, 3].map((pool) => sent.filter((one) => one.pool === pool).length);
    for (const count of counts) expect(Math.abs(count - sent.length / 4)).toBeLessThan(5 * Math.sqrt(sent.length / 4));
    load.giveUp();
  });

  test("sockets are bounded: what is too much counts as unanswered at once", () => {
    const { load, sent, records, wakeAt } = loadAt(10_000);
    load.begin(0, 1_000);
    wakeAt(1_000);
    expect(sent.length).toBe(3_000);
    expect(records.length).toBeGreaterThan(6_000);
    load.giveUp();
  });

  test("a generator that is too late says so once", () => {
    const { load, late, wakeAt } = loadAt(100);
    load.begin(0, 10_000);
    wakeAt(1_900);
    expect(late).toEqual([]);
    wakeAt(5_000);
    wakeAt(9_000);
    expect(late).toHaveLength(1);
    expect(load.lag.maxMs).toBeGreaterThan(3_000);
    load.giveUp();
  });
});
