import { describe, expect, test } from "@jest/globals";
import { RequestRecords } from "../../../../bench/balance/load/request-records.js";
import { RequestSeries } from "../../../../bench/balance/measures/request-series.js";

describe("RequestRecords", () => {
  test("survives growing and its file", () => {
    const records = new RequestRecords(new Uint32Array(3));
    records.add(0, 0.001, 12.345, 200, 8);
    records.add(255, 4_000_000, 5_000.5, 504, 255);
    records.add(3, 7, -0.01, 0, 255);
    const read = RequestRecords.fromBytes(Uint8Array.from(records.toBytes()));
    expect(read.length).toBe(3);
    expect([0, 1, 2].map((i) => read.at(i))).toEqual([
      { contender: 0, dueMs: 0.001, latencyMs: 12.345, status: 200, backend: 8 },
      { contender: 255, dueMs: 4_000_000, latencyMs: 5_000.5, status: 504, backend: 255 },
      { contender: 3, dueMs: 7, latencyMs: 0, status: 0, backend: 255 },
    ]);
  });

  test("a file that was cut off is refused", () => {
    expect(() => RequestRecords.fromBytes(new Uint8Array(13))).toThrow("cut off");
  });
});

describe("RequestSeries", () => {
  test("splits by contender; errors are 5xx and what got no answer", () => {
    const records = new RequestRecords();
    for (const status of [200, 404, 503, 0]) records.add(1, 10, 1, status, 0);
    records.add(0, 10, 1, 200, 0);
    const [first, second] = RequestSeries.of(records, 2);
    expect(first?.summary(0, 100)).toMatchObject({ requests: 1, errorRate: 0 });
    expect(second?.summary(0, 100)).toMatchObject({ requests: 4, errorRate: 0.5 });
  });

  test("quantiles are nearest rank over the requests that were due in the window", () => {
    const series = new RequestSeries();
    for (let i = 1; i <= 1_000; i += 1) series.add(i, i, false);
    series.add(1_001, 1e6, false);
    expect(series.summary(1, 1_001)).toEqual({
      requests: 1_000,
      meanMs: 500.5,
      p50Ms: 500,
      p95Ms: 950,
      p99Ms: 990,
      p999Ms: 999,
      errorRate: 0,
    });
  });

  test("without requests there is no quantile", () => {
    expect(new RequestSeries().summary(0, 1)).toMatchObject({ requests: 0, p99Ms: Number.NaN, errorRate: 0 });
  });

  test("means per step; NaN where nothing was due", () => {
    const series = new RequestSeries();
    series.add(0, 10, false);
    series.add(499, 20, false);
    series.add(1_000, 30, true);
    series.add(1_500, 99, false);
    expect(series.meansPerStep(500, 1_500)).toEqual([15, Number.NaN, 30]);
  });
});
