import { describe, expect, test } from "@jest/globals";
import {
  isError,
  quantile,
  RequestLog,
  type RequestRecord,
  summarise,
  trafficShare,
} from "../../../envoy/lab/request-log.js";
import { secondsUntil } from "../../../envoy/lab/settling.js";

function record(dueMs: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  return { target: "shop", dueMs, latencyMs: 10, status: 200, backend: "a", ...changes };
}

describe("RequestLog", () => {
  test("finds by due time, whatever the order of arrival, and keeps targets apart", () => {
    const log = new RequestLog();
    log.add([record(1_900), record(100), record(1_000), record(1_000, { target: "other" }), record(999.9)]);
    expect(log.between("shop", 100, 1_000).map(({ dueMs }) => dueMs)).toEqual([100, 999.9]);
    expect(log.between("other", 0, 5_000)).toHaveLength(1);
  });

  test("forgets what is old", () => {
    const log = new RequestLog();
    log.add([record(100), record(5_000)]);
    log.forgetBefore(4_000);
    expect(log.between("shop", 0, 10_000).map(({ dueMs }) => dueMs)).toEqual([5_000]);
  });
});

describe("summarise", () => {
  test("quantiles are values that occurred (nearest rank)", () => {
    const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect([quantile(sorted, 0.5), quantile(sorted, 0.99), quantile(sorted, 1)]).toEqual([50, 99, 100]);
    expect(quantile(new Float64Array(), 0.5)).toBeNaN();
  });

  test("no answer and 5xx are errors, 4xx is none, and errors count in the latencies", () => {
    const records = [200, 404, 500, 503, 0].map((status, i) => record(i, { status, latencyMs: i }));
    expect(records.map(isError)).toEqual([false, false, true, true, true]);
    expect(summarise(records)).toEqual({ requests: 5, p50Ms: 2, p99Ms: 4, errors: 3, errorRate: 0.6 });
  });

  test("without requests there is no error rate to worry about", () => {
    expect(summarise([]).errorRate).toBe(0);
  });

  test("traffic share counts answered requests only", () => {
    const records = [record(1), record(2, { backend: "b" }), record(3, { backend: "", status: 0 })];
    expect([trafficShare(records, "a"), trafficShare(records, "c"), trafficShare([], "a")]).toEqual([0.5, 0, 0]);
  });
});

describe("secondsUntil", () => {
  // "a" has half of the traffic until 3 s, a tenth from then on
  const log = new RequestLog();
  for (let ms = 0; ms < 10_000; ms += 10) {
    const own = ms < 3_000 ? ms % 20 === 0 : ms % 100 === 0;
    log.add([record(ms, { backend: own ? "a" : "b" })]);
  }
  const under = (limit: number) => (window: readonly RequestRecord[]) => trafficShare(window, "a") < limit;
  const question = { target: "shop", fromMs: 1_000, toMs: 10_000, windowMs: 1_000, stepMs: 250 };

  test("is the start of the first window that satisfies", () => {
    expect(secondsUntil(log, { ...question, satisfied: under(0.2) })).toBe(2);
    expect(secondsUntil(log, { ...question, satisfied: under(0.9) })).toBe(0);
  });

  test("is undefined when it never happens, or no whole window is left", () => {
    expect(secondsUntil(log, { ...question, satisfied: under(0.01) })).toBeUndefined();
    expect(secondsUntil(log, { ...question, toMs: 1_900, satisfied: under(0.9) })).toBeUndefined();
  });

  test("a window without requests satisfies nothing", () => {
    expect(secondsUntil(log, { ...question, fromMs: 20_000, toMs: 30_000, satisfied: () => true })).toBeUndefined();
  });
});
