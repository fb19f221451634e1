import { expect, it } from "@jest/globals";
import { decayedMean, decayFactor, EMPTY_MEAN, ewmaStep, meanOf } from "../../../src/stats/decay.js";

it("keeps a 1/e after one time constant", () => {
  expect(decayFactor(3_000, 3_000)).toBeCloseTo(1 / Math.E, 12);
  expect(decayFactor(0, 3_000)).toBe(1);
});

it("weighs a mean by its counts, older ones less", () => {
  const once = decayedMean(EMPTY_MEAN, 0, 1_000, 10, 10 * 20);
  expect(meanOf(once)).toBe(20);
  const twice = decayedMean(once, 1_000, 1_000, 10, 10 * 50);
  const old = 10 / Math.E;
  expect(meanOf(twice)).toBeCloseTo((old * 20 + 10 * 50) / (old + 10), 12);
});

it("has no mean without samples", () => {
  expect(meanOf(EMPTY_MEAN)).toBeUndefined();
  expect(meanOf(decayedMean(EMPTY_MEAN, 0, 1_000, 4, 8), 5)).toBeUndefined();
});

it("moves an average towards the sample, the more the longer ago the last one was", () => {
  expect(ewmaStep(10, 20, 0, 1_000)).toBe(10);
  expect(ewmaStep(10, 20, 1_000, 1_000)).toBeCloseTo(20 - 10 / Math.E, 12);
  expect(ewmaStep(10, 20, 1e9, 1_000)).toBe(20);
});
