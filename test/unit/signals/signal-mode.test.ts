import { describe, expect, it } from "@jest/globals";
import { MODE_START, type ModeRound, type ModeState, modeStep } from "../../../src/signals/signal-mode.js";

const IDLE: ModeRound = {
  intervalMs: 1_000,
  successes: 0,
  errors: 0,
  measured: 0,
  little: false,
  pool: 5,
  utilized: 0,
};
const MEASURED: ModeRound = { ...IDLE, successes: 100, measured: 100, little: true };
const QUEUE: ModeRound = { ...IDLE, successes: 100, little: true };
const UTILIZED: ModeRound = { ...MEASURED, utilized: 4 };
const FAILING: ModeRound = { ...IDLE, errors: 100 };
const L: ModeState = { mode: "L", against: 0, quietMs: 0 };

const after = (start: ModeState, round: ModeRound, times: number): ModeState =>
  Array.from({ length: times }, () => round).reduce(modeStep, start);
const modeAfter = (start: ModeState, round: ModeRound, times = 1): string => after(start, round, times).mode;

describe("the mode of a service", () => {
  it("starts with none and takes the first evidence at once", () => {
    expect(modeAfter(MODE_START, IDLE)).toBe("N");
    expect(modeAfter(MODE_START, MEASURED)).toBe("L");
    expect(modeAfter(MODE_START, QUEUE)).toBe("Q");
  });

  it("is U when four fifths of the pool have a fresh utilisation, with or without traffic", () => {
    expect(modeAfter(MODE_START, UTILIZED)).toBe("U");
    expect(modeAfter(MODE_START, { ...UTILIZED, utilized: 3 })).toBe("L");
    expect(modeAfter(MODE_START, { ...IDLE, utilized: 5 })).toBe("U");
    expect(modeAfter(MODE_START, { ...MEASURED, pool: 0 })).toBe("L");
  });

  it("enters and leaves U only after three rounds in a row", () => {
    expect(modeAfter(L, UTILIZED, 2)).toBe("L");
    const utilized = after(L, UTILIZED, 3);
    expect(utilized.mode).toBe("U");
    expect(modeAfter(utilized, MEASURED, 2)).toBe("U");
    expect(modeAfter(utilized, MEASURED, 3)).toBe("L");
  });

  it("changes between L and Q only after three rounds in a row", () => {
    expect(modeAfter(L, QUEUE, 2)).toBe("L");
    expect(modeAfter(L, QUEUE, 3)).toBe("Q");
    const interrupted = modeStep(modeStep(modeStep(L, QUEUE), QUEUE), MEASURED);
    expect(modeAfter(interrupted, QUEUE, 2)).toBe("L");
  });

  it("survives short silence and falls to N after ten seconds of it", () => {
    expect(modeAfter(L, IDLE, 9)).toBe("L");
    expect(modeAfter(L, IDLE, 10)).toBe("N");
    const pause = modeStep(after(L, IDLE, 9), MEASURED);
    expect(modeAfter(pause, IDLE, 9)).toBe("L");
  });

  it("is not talked out of L by an outage in which nothing reaches headers", () => {
    expect(modeAfter(L, FAILING, 60)).toBe("L");
  });

  it("is Q when most of the traffic is not measured", () => {
    expect(modeAfter(MODE_START, { ...MEASURED, measured: 49 })).toBe("Q");
    expect(modeAfter(MODE_START, { ...MEASURED, measured: 50 })).toBe("L");
  });
});
