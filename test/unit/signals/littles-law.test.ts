import { describe, expect, it } from "@jest/globals";
import { LITTLE_START, type LittleRound, littleLatencyMs, littleStep } from "../../../src/signals/littles-law.js";

const after = (rounds: readonly LittleRound[]) => rounds.reduce(littleStep, LITTLE_START);
const steady = (inFlight: number, completions: number): LittleRound => ({ intervalMs: 1_000, inFlight, completions });

describe("latency by Little's law", () => {
  it("is in flight over rate", () => {
    expect(littleLatencyMs(after(Array(5).fill(steady(10, 200))))).toBeCloseTo(50, 6);
  });

  it("averages a gauge that is sampled once a round", () => {
    const alternating = Array.from({ length: 20 }, (_, i) => steady(i % 2 === 0 ? 8 : 12, 200));
    expect(littleLatencyMs(after(alternating))).toBeCloseTo(50, -1);
  });

  it("rises while nothing completes", () => {
    const healthy = after(Array(5).fill(steady(10, 200)));
    const stalled = littleStep(littleStep(healthy, steady(30, 0)), steady(60, 0));
    expect(littleLatencyMs(stalled)).toBeGreaterThan(150);
  });

  it("says nothing about too little traffic", () => {
    expect(littleLatencyMs(LITTLE_START)).toBeUndefined();
    expect(littleLatencyMs(after(Array(20).fill(steady(0, 100))))).toBeUndefined();
    expect(littleLatencyMs(after([steady(50, 2)]))).toBeUndefined();
  });
});
