import { expect, test } from "@jest/globals";
import { EventQueue } from "../../../../src/simulator/engine/event-queue.js";
import { VirtualClock } from "../../../../src/simulator/engine/virtual-clock.js";

function rig() {
  const queue = new EventQueue();
  const clock = new VirtualClock(queue);
  const runUntil = (endMs: number): void => {
    while (queue.size > 0 && queue.pop() && queue.timeMs <= endMs) clock.fire(queue.payload);
  };
  return { clock, runUntil };
}

test("tasks run at their time, and see it", () => {
  const { clock, runUntil } = rig();
  const seen: string[] = [];
  clock.schedule(20, () => seen.push(`b@${clock.nowMs()}`));
  clock.schedule(10, () => {
    seen.push(`a@${clock.nowMs()}`);
    clock.schedule(-5, () => seen.push(`c@${clock.nowMs()}`));
  });
  runUntil(100);
  expect(seen).toEqual(["a@10", "c@10", "b@20"]);
});

test("a cancelled task does not run, and cancelling late hits nobody else", () => {
  const { clock, runUntil } = rig();
  const seen: string[] = [];
  const same = () => void seen.push("ran");
  const cancelFirst = clock.schedule(10, same);
  clock.schedule(30, () => cancelFirst());
  clock.schedule(20, () => clock.schedule(20, same));
  clock.schedule(5, () => seen.push("never"))();
  runUntil(100);
  expect(seen).toEqual(["ran", "ran"]);
});

test("repeats for ever", () => {
  const { clock, runUntil } = rig();
  const at: number[] = [];
  clock.repeat(3, 10, () => at.push(clock.nowMs()));
  runUntil(35);
  expect(at).toEqual([3, 13, 23, 33]);
});
