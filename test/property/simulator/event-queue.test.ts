import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { EventQueue } from "../../../src/simulator/engine/event-queue.js";

test("events leave by time, and those of the same time in the order in which they came", () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 20 }), kind: fc.integer({ min: 0, max: 15 }) }),
    fc.constant("pop" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const queue = new EventQueue();
      const model: { time: number; order: number; kind: number }[] = [];
      let order = 0;
      const pop = () => {
        model.sort((a, b) => a.time - b.time || a.order - b.order);
        const expected = model.shift();
        expect(queue.pop()).toBe(expected !== undefined);
        if (expected === undefined) return;
        expect([queue.timeMs, queue.kind, queue.payload]).toEqual([expected.time, expected.kind, expected.order]);
      };
      for (const one of steps) {
        if (one === "pop") pop();
        else {
          queue.push(one.push, one.kind, order);
          model.push({ time: one.push, kind: one.kind, order });
          order += 1;
        }
      }
      while (model.length > 0) pop();
      expect(queue.pop()).toBe(false);
    }),
  );
});

test("grows beyond its first capacity, and keeps the largest payload", () => {
  const queue = new EventQueue();
  for (let i = 0; i < 5_000; i++) queue.push(5_000 - i, 15, 2 ** 27 - 1);
  let last = 0;
  for (let i = 0; i < 5_000; i++) {
    expect(queue.pop()).toBe(true);
    expect(queue.timeMs).toBeGreaterThan(last);
    last = queue.timeMs;
  }
  expect([queue.kind, queue.payload, queue.size]).toEqual([15, 2 ** 27 - 1, 0]);
});
