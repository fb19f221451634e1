import { describe, expect, test } from "@jest/globals";
import { arrivalsOf } from "../../../../bench/balance/arrivals-of.js";
import { PoissonArrivals, type RateSegment } from "../../../../bench/balance/load/poisson-arrivals.js";
import { scenariosFor } from "../../../../bench/balance/scenarios.js";
import { type Rng, seededRng } from "../../../../src/runtime/rng.js";

/** Every gap is exactly its mean: -ln(1 - x) = 1. */
const meanGaps: Rng = { next: () => 1 - Math.exp(-1) };

function timesUntil(segments: readonly RateSegment[], rng: Rng, untilMs: number): readonly number[] {
  const arrivals = new PoissonArrivals(segments, rng);
  const times: number[] = [];
  for (; arrivals.nextMs < untilMs; arrivals.advance()) times.push(arrivals.nextMs);
  return times;
}

describe("PoissonArrivals", () => {
  test("a gap that spans a change of rate is measured on both sides of it", () => {
    const segments = [
      { fromMs: 0, rateRps: 10 },
      { fromMs: 250, rateRps: 100 },
      { fromMs: 300, rateRps: 0 },
      { fromMs: 1_000, rateRps: 10 },
    ];
    // 100, 200; half a gap is left at 250: 5 ms more; then every 10 ms; 0.5 gaps are left at 300, and wait for 1,000.
    const expected = [100, 200, 255, 265, 275, 285, 295, 1_050, 1_150];
    const times = timesUntil(segments, meanGaps, 1_200);
    expect(times).toHaveLength(expected.length);
    times.forEach((time, i) => expect(time).toBeCloseTo(expected[i] ?? Number.NaN, 6));
  });

  test("counts and gaps are those of a Poisson process", () => {
    const times = timesUntil([{ fromMs: 0, rateRps: 1_000 }], seededRng(3), 50_000);
    expect(times.length).toBeGreaterThan(50_000 - 5 * Math.sqrt(50_000));
    expect(times.length).toBeLessThan(50_000 + 5 * Math.sqrt(50_000));
    const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    const variance = gaps.reduce((sum, gap) => sum + (gap - 1) ** 2, 0) / gaps.length;
    expect(variance).toBeGreaterThan(0.95);
    expect(variance).toBeLessThan(1.05);
  });

  test("nothing arrives after the rate has become 0 for good", () => {
    const arrivals = new PoissonArrivals([{ fromMs: 0, rateRps: 0 }], seededRng(1));
    expect(arrivals.nextMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("arrivalsOf", () => {
  test("bursts of the contenders do not overlap, and come as often as the scenario says", () => {
    const [bursts] = scenariosFor(["S11"], false);
    if (bursts?.bursts === undefined) throw new Error("S11 has bursts");
    const { factor, everyS } = bursts.bursts;
    const peaksOf = (contender: number): readonly { readonly fromMs: number; readonly toMs: number }[] => {
      const segments = arrivalsOf(bursts, contender, 4);
      return segments.flatMap(({ fromMs, rateRps }, i) =>
        rateRps === bursts.rateRps * factor ? [{ fromMs, toMs: segments[i + 1]?.fromMs ?? 0 }] : [],
      );
    };
    const all = [0, 1, 2, 3].map(peaksOf);
    for (const peaks of all) {
      const gaps = peaks.slice(1).map(({ fromMs }, i) => fromMs - (peaks[i]?.fromMs ?? 0));
      expect(peaks.length).toBeGreaterThanOrEqual(Math.floor(bursts.lengthS / everyS));
      expect(new Set(gaps)).toEqual(new Set([everyS * 1_000]));
    }
    const inOrder = all.flat().sort((a, b) => a.fromMs - b.fromMs);
    inOrder.slice(1).forEach(({ fromMs }, i) => expect(fromMs).toBeGreaterThanOrEqual(inOrder[i]?.toMs ?? 0));
  });
});
