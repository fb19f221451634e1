import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { SlidingQuantile } from "../../../src/stats/sliding-quantile.js";

it("is the quantile of the last numbers, exactly", () => {
  const capacity = 9;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 80 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, quantile) => {
        const sliding = new SlidingQuantile(capacity, quantile);
        expect(sliding.value).toBe(0);
        values.forEach((value, i) => {
          sliding.add(value);
          const recent = values.slice(Math.max(0, i + 1 - capacity), i + 1).toSorted((a, b) => a - b);
          expect(sliding.value).toBe(recent[Math.max(0, Math.ceil(quantile * recent.length) - 1)]);
        });
      },
    ),
  );
});
