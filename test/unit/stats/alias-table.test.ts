import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { AliasTable } from "../../../src/stats/alias-table.js";

/** Numbers in a fixed order, so that every column and threshold can be probed. */
const sequence = (...values: readonly number[]) => {
  let at = 0;
  return { next: () => values[at++] ?? 0 };
};

it("gives every index exactly its part of the probability", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, (list) => {
      const table = new AliasTable(list);
      const total = list.reduce((sum, weight) => sum + weight, 0);
      // Thresholds are multiples of 1/total, so a grid of midpoints measures every column exactly.
      const hits = list.map(() => 0);
      for (let column = 0; column < list.length; column++) {
        for (let coin = 0; coin < total; coin++) {
          const index = table.draw(sequence((column + 0.5) / list.length, (coin + 0.5) / total));
          hits[index] = (hits[index] ?? 0) + 1;
        }
      }
      expect(hits).toEqual(list.map((weight) => weight * list.length));
    }),
  );
});

it("has nothing to draw from an empty list", () => {
  expect(new AliasTable([]).draw(sequence(0.5))).toBe(-1);
});
