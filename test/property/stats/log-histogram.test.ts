import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { LogHistogram, QUANTILE_ERROR } from "../../../src/stats/log-histogram.js";

const numbers = fc.array(fc.double({ min: 0.01, max: 3_600_000, noNaN: true }), { minLength: 1, maxLength: 200 });

function histogramOf(values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

it("gives every quantile of the exact numbers within its error", () => {
  fc.assert(
    fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, quantile) => {
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(quantile * values.length)) - 1] ?? 0;
      const ratio = (histogramOf(values).quantile(quantile) ?? 0) / exact;
      expect(Math.abs(Math.log(ratio))).toBeLessThanOrEqual(Math.log(QUANTILE_ERROR) + 1e-9);
    }),
  );
});

it("adds up: two merged ones are the one of all numbers", () => {
  fc.assert(
    fc.property(numbers, numbers, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, quantile) => {
      const merged = histogramOf(a);
      merged.merge(histogramOf(b));
      const whole = histogramOf([...a, ...b]);
      expect([merged.count, merged.quantile(quantile)]).toEqual([whole.count, whole.quantile(quantile)]);
    }),
  );
});

it("takes any number at all", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      const histogram = histogramOf([value]);
      expect(histogram.count).toBe(1);
      expect(Number.isFinite(histogram.quantile(0.5))).toBe(true);
    }),
  );
});

it("has nothing to say without numbers", () => {
  const histogram = histogramOf([1]);
  histogram.clear();
  expect([histogram.count, histogram.quantile(0.5)]).toEqual([0, undefined]);
});
