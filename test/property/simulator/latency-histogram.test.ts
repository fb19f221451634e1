import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { LatencyHistogram } from "../../../src/simulator/measure/latency-histogram.js";

const latencies = fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
const of = (values: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

test("quantiles are within 1 % of the exact ones", () => {
  fc.assert(
    fc.property(latencies, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
      expect(Math.abs(of(values).quantile(q)! / exact - 1)).toBeLessThan(0.01);
    }),
  );
});

test("merged is as recorded together", () => {
  fc.assert(
    fc.property(latencies, latencies, (a, b) => {
      const merged = of(a);
      merged.merge(of(b));
      const together = of([...a, ...b]);
      expect(merged.count).toBe(together.count);
      for (const q of [0, 0.5, 0.9, 0.99, 1]) expect(merged.quantile(q)).toBe(together.quantile(q));
      expect(merged.meanMs! / together.meanMs!).toBeCloseTo(1, 9);
    }),
  );
});

test("empty, tiny and huge", () => {
  expect(new LatencyHistogram().quantile(0.5)).toBeUndefined();
  expect(new LatencyHistogram().meanMs).toBeUndefined();
  expect(of([0]).quantile(0.5)).toBe(0.01);
  expect(of([1e12]).quantile(1)!).toBeGreaterThan(5e6);
});
