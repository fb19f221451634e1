import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { boundShares } from "../../../src/stats/bounded-shares.js";

const part = fc.double({ min: 1e-6, max: 1, noNaN: true });
const endpoints = fc.array(fc.record({ share: part, low: part, room: part }), { minLength: 1, maxLength: 30 });

interface Bounds {
  readonly shares: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Lower bounds that add up to less than 1, upper bounds that add up to more. */
function boundsOf(list: readonly { readonly share: number; readonly low: number; readonly room: number }[]): Bounds {
  const lowSum = list.reduce((sum, { low }) => sum + low, 0);
  const roomSum = list.reduce((sum, { room }) => sum + room, 0);
  const low = list.map((endpoint) => (0.5 * endpoint.low) / lowSum);
  return {
    shares: list.map(({ share }) => share),
    low,
    high: list.map(({ room }, i) => (low[i] ?? 0) + (0.8 * room) / roomSum),
  };
}

it("stays within the bounds, adds up to 1, and keeps the proportions of those that touch none", () => {
  fc.assert(
    fc.property(endpoints, (list) => {
      const { shares, low, high } = boundsOf(list);
      const bounded = boundShares(shares, low, high);
      expect(bounded.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      const free: number[] = [];
      for (const [i, share] of bounded.entries()) {
        expect(share).toBeGreaterThanOrEqual((low[i] ?? 0) - 1e-12);
        expect(share).toBeLessThanOrEqual((high[i] ?? 1) + 1e-12);
        if (share > (low[i] ?? 0) * 1.000001 && share < (high[i] ?? 1) * 0.999999) free.push(share / (shares[i] ?? 1));
      }
      if (free.length > 1) expect(Math.max(...free) / Math.min(...free)).toBeCloseTo(1, 9);
    }),
    { numRuns: 300 },
  );
});

it("without a bound in the way, only scales", () => {
  expect([...boundShares([1, 3], [0, 0], [1, 1])]).toEqual([0.25, 0.75]);
});

it("upper bounds that leave a rest are stretched in proportion", () => {
  expect([...boundShares([1, 1], [0, 0], [0.1, 0.3])]).toEqual([0.25, 0.75].map((share) => expect.closeTo(share, 12)));
});
