import { expect, it } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { MessageRate } from "../../../src/signals/message-rate.js";

it("admits a minute's worth at once, then four a second", () => {
  const clock = new ManualClock();
  const rate = new MessageRate(clock);
  const admitted = (tries: number): number => Array.from({ length: tries }, () => rate.admit()).filter(Boolean).length;
  expect(admitted(100)).toBe(60);
  clock.advance(1_000);
  expect(admitted(100)).toBe(4);
  clock.advance(3_600_000);
  expect(admitted(100)).toBe(60);
});
