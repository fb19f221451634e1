import { describe, expect, test } from "@jest/globals";
import { ArrivalSeries } from "../../../../bench/balance/backends/arrival-series.js";
import { busyMsInStat, cpuMsInStat } from "../../../../bench/balance/measures/cpu-time.js";
import { median, orNever } from "../../../../bench/balance/measures/median.js";
import { settleSeconds } from "../../../../bench/balance/measures/settling.js";
import { TrafficShares } from "../../../../bench/balance/measures/traffic-shares.js";

describe("TrafficShares", () => {
  /** Requests per second of two hosts: the second loses its traffic 10 s after the start, and has it back 10 s later. */
  const seconds = Array.from({ length: 30 }, (_, s) => (s >= 10 && s < 20 ? [100, 2] : [50, 50]));
  const shares = new TrafficShares([seconds.map(([a = 0]) => a), seconds.map(([, b = 0]) => b)], 1_000);

  test("parts of the traffic sum to 1", () => {
    expect(shares.between(0, 10)).toEqual([0.5, 0.5]);
    expect(shares.between(10, 20).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  });

  test("shed: the first whole second from which 3 s have less than 20 % of a fair share", () => {
    expect(shares.shedSeconds(1, 0.5, 7, 20)).toBe(3);
    expect(shares.shedSeconds(0, 0.5, 7, 20)).toBeUndefined();
  });

  test("back: the first from which 3 s have 80 %", () => {
    expect(shares.backSeconds(1, 0.5, 15, 30)).toBe(5);
    expect(shares.backSeconds(1, 0.5, 15, 20)).toBeUndefined();
  });

  test("what a host got is counted from the beginning on", () => {
    const series = new ArrivalSeries(250);
    series.add(999);
    series.begin(1_000);
    for (const ms of [999, 1_000, 1_249, 1_750]) series.add(ms);
    expect(series.counts).toEqual([2, 0, 0, 1]);
  });
});

describe("settleSeconds", () => {
  const steps = (...seconds: readonly number[]): readonly number[] => seconds.flatMap((mean) => [mean, mean]);

  test("is the start of 4 s within 20 % of the reference", () => {
    expect(settleSeconds(steps(40, 40, 23, 23, 24, 24, 40), 20)).toBe(2);
  });

  test("a lull of 2 s is no success", () => {
    expect(settleSeconds(steps(40, 20, 20, 40, 40, 40, 40), 20)).toBeUndefined();
  });

  test("a time in which nothing was due proves nothing", () => {
    expect(settleSeconds(steps(Number.NaN, 20, 20, 20, 20), 20)).toBe(1);
  });
});

describe("CPU time", () => {
  test("of a process whose name has blanks and parentheses", () => {
    const text = "812 (a) name) S 1 812 812 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 1000 0 0";
    expect(cpuMsInStat(text)).toBe(3_000);
  });

  test("of the machine: neither idle nor waiting for disks", () => {
    expect(busyMsInStat("cpu  100 10 50 9000 700 5 15 0 0 0\ncpu0 1 1 1 1\n")).toBe(1_800);
  });

  test("anything else is refused", () => {
    expect(() => cpuMsInStat("")).toThrow("not a");
    expect(() => busyMsInStat("intr 1 2 3")).toThrow("not a");
  });
});

describe("median", () => {
  test.each([
    [[3, 1, 2], 2],
    [[1, 2, 3, 4], 2.5],
    [[5], 5],
    [[], Number.NaN],
    [[1, Number.POSITIVE_INFINITY, 2], 2],
    [[Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2], Number.POSITIVE_INFINITY],
  ])("of %j is %d", (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test("never is infinitely late, and what was not measured stays so", () => {
    expect([orNever(null), orNever(3), orNever(undefined)]).toEqual([Number.POSITIVE_INFINITY, 3, undefined]);
  });
});
