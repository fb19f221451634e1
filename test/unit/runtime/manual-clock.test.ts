import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";

describe("ManualClock", () => {
  test("runs tasks in order of due time, each at its own time", () => {
    const clock = new ManualClock(100);
    const seen: [string, number][] = [];
    clock.schedule(30, () => seen.push(["late", clock.nowMs()]));
    clock.schedule(10, () => {
      seen.push(["early", clock.nowMs()]);
      clock.schedule(5, () => seen.push(["nested", clock.nowMs()]));
    });
    const cancel = clock.schedule(20, () => seen.push(["cancelled", clock.nowMs()]));
    cancel();
    clock.advance(40);
    expect(seen).toEqual([
      ["early", 110],
      ["nested", 115],
      ["late", 130],
    ]);
    expect(clock.nowMs()).toBe(140);
    expect(clock.pendingTasks).toBe(0);
  });
});
