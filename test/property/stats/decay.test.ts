import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { decayedMean, EMPTY_MEAN, ewmaStep, meanOf } from "../../../src/stats/decay.js";

const elapsed = fc.integer({ min: 0, max: 60_000 });
const tau = fc.integer({ min: 100, max: 60_000 });
const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

it("forgets by elapsed time, not by the number of steps", () => {
  fc.assert(
    fc.property(elapsed, elapsed, tau, value, (a, b, tauMs, sum) => {
      const start = { count: 100, sum };
      const inOne = decayedMean(start, a + b, tauMs, 1, 1);
      const inTwo = decayedMean(decayedMean(start, a, tauMs, 0, 0), b, tauMs, 1, 1);
      expect(inTwo.count).toBeCloseTo(inOne.count, 6);
      expect(inTwo.sum).toBeCloseTo(inOne.sum, 6);
      expect(ewmaStep(ewmaStep(sum, 3, a, tauMs), 3, b, tauMs)).toBeCloseTo(ewmaStep(sum, 3, a + b, tauMs), 6);
    }),
  );
});

it("keeps a mean between the smallest and the largest sample", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(elapsed, value), { minLength: 1, maxLength: 30 }), tau, (samples, tauMs) => {
      const mean = samples.reduce((state, [gap, x]) => decayedMean(state, gap, tauMs, 1, x), EMPTY_MEAN);
      const values = samples.map(([, x]) => x);
      const result = meanOf(mean);
      expect(result).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
      expect(result).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
    }),
  );
});
