import { describe, expect, test } from "@jest/globals";
import { settlingOf } from "../../../../src/simulator/measure/settling.js";
import { shareDeviation, signFlips, trafficMoved } from "../../../../src/simulator/measure/steadiness.js";
import type { Second } from "../../../../src/simulator/measure/time-series.js";

const second = (atS: number, shares: readonly number[]): Second => ({
  atS,
  shares,
  picks: 1_000_000,
  p50Ms: 1,
  p99Ms: 1,
  errors: 0,
});
/** Host 0 of four: a quarter, then what `of` says, the rest for the others. */
const course = (length: number, of: (s: number) => number): Second[] =>
  Array.from({ length }, (_, s) => second(s, [of(s), ...[1, 2, 3].map(() => (1 - of(s)) / 3)]));
const CLASSES = [[0], [1, 2, 3]];

describe("settlingOf", () => {
  test("counts the seconds until shares stay near where they end", () => {
    const seconds = course(60, (s) => (s < 20 ? 0.25 : s < 28 ? 0.1 : 0.01));
    const result = settlingOf({ name: "onset", atMs: 20_000, hosts: [0], kind: "onset" }, seconds, 60, CLASSES);
    expect(result.settleSeconds).toBe(8);
    expect(result.shedSeconds).toBe(8);
    expect(result.backSeconds).toBeUndefined();
  });

  test("coming back is four fifths of a fair share", () => {
    const seconds = course(60, (s) => (s < 20 ? 0.01 : Math.min(0.25, 0.01 + (s - 20) * 0.02)));
    const result = settlingOf({ name: "end", atMs: 20_000, hosts: [0], kind: "end" }, seconds, 60, CLASSES);
    expect(result.backSeconds).toBeGreaterThan(8);
    expect(result.backSeconds).toBeLessThan(12);
    expect(result.shedSeconds).toBeUndefined();
  });

  test("what goes on swinging has not settled", () => {
    const seconds = course(60, (s) => (Math.floor(s / 6) % 2 === 0 ? 0.25 : 0.1));
    const mark = { name: "start", atMs: 0, hosts: [], kind: "change" } as const;
    expect(settlingOf(mark, seconds, 60, CLASSES).settleSeconds).toBeUndefined();
  });
});

describe("steadiness", () => {
  const pushes = [
    { atMs: 0, shares: [0.5, 0.5] },
    { atMs: 1_000, shares: [0.6, 0.4] },
    { atMs: 2_000, shares: [0.5, 0.5] },
    { atMs: 9_000, shares: [0.9, 0.1] },
  ];

  test("traffic moved is the total variation of the pushes in the window, the first against the one before", () => {
    expect(trafficMoved(pushes, 1_000, 5_000)).toBeCloseTo(0.2, 12);
    expect(trafficMoved(pushes, 2_000, 10_000)).toBeCloseTo(0.5, 12);
  });

  test("turns", () => {
    expect(signFlips(pushes, 0, 10_000)).toBe(4);
    expect(signFlips(pushes, 0, 2_000)).toBe(0);
  });

  test("steady shares do not deviate, swinging ones do", () => {
    expect(shareDeviation(course(60, () => 0.25))).toBeCloseTo(0, 9);
    expect(shareDeviation(course(60, (s) => (Math.floor(s / 5) % 2 === 0 ? 0.3 : 0.2)))).toBeGreaterThan(0.1);
  });
});
