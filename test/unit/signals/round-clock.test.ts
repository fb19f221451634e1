import { expect, it } from "@jest/globals";
import type { Clock } from "../../../src/runtime/clock.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { scheduleDeadline } from "../../../src/signals/round-clock.js";

/** A clock whose timers fire `stallMs` late, as after a blocked event loop. */
function stalling(clock: ManualClock, stallMs: number): Clock {
  let stalled = false;
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    schedule: (delayMs, task) => {
      const lateMs = stalled ? 0 : stallMs;
      stalled = true;
      return clock.schedule(delayMs + lateMs, task);
    },
  };
}

it("fires at its time", () => {
  const clock = new ManualClock();
  const fired: number[] = [];
  scheduleDeadline(clock, 1_500, () => fired.push(clock.nowMs()));
  clock.advance(2_000);
  expect(fired).toEqual([1_500]);
});

it("listens once more after a stall, and can still be cancelled then", () => {
  const clock = new ManualClock();
  const fired: number[] = [];
  scheduleDeadline(stalling(clock, 5_000), 1_500, () => fired.push(clock.nowMs()));
  const cancel = scheduleDeadline(stalling(clock, 5_000), 1_500, () => fired.push(-1));
  clock.advance(6_550);
  expect(fired).toEqual([]);
  cancel();
  clock.advance(1_000);
  expect(fired).toEqual([6_600]);
  expect(clock.pendingTasks).toBe(0);
});
