import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { lowerMedian } from "../../../src/stats/median.js";

const numbers = fc.oneof(
  fc.array(
    fc.double({ noNaN: true }).map((value) => value + 0), // no -0: sorting does not tell it from 0
    { maxLength: 60 },
  ),
  fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 60 }),
);

test("is the one in the middle of the sorted numbers, of two the smaller, and leaves them as they were", () => {
  fc.assert(
    fc.property(numbers, (values) => {
      const before = [...values];
      const median = lowerMedian(values);
      expect(median).toBe(values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]);
      expect(values).toEqual(before);
    }),
  );
});

test("takes sorted, reversed and equal numbers alike", () => {
  const ascending = Array.from({ length: 10_001 }, (_, i) => i);
  expect(lowerMedian(ascending)).toBe(5_000);
  expect(lowerMedian(ascending.toReversed())).toBe(5_000);
  expect(lowerMedian(new Float64Array(10_000).fill(3))).toBe(3);
});
