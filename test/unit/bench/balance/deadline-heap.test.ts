import { describe, expect, test } from "@jest/globals";
import { DeadlineHeap } from "../../../../bench/balance/deadline-heap.js";
import { seededRng } from "../../../../src/runtime/rng.js";

describe("DeadlineHeap", () => {
  test("gives everything in the order of its time, whatever the order in which it came", () => {
    const rng = seededRng(1);
    const heap = new DeadlineHeap<{ readonly dueMs: number }>();
    const times = Array.from({ length: 500 }, () => Math.floor(rng.next() * 100));
    for (const dueMs of times) heap.push({ dueMs });
    const popped = times.map(() => heap.popDue(100)?.dueMs);
    expect(popped).toEqual([...times].sort((a, b) => a - b));
    expect(heap.size).toBe(0);
  });

  test("keeps what is not due yet", () => {
    const heap = new DeadlineHeap<{ readonly dueMs: number }>();
    expect(heap.peekMs).toBe(Number.POSITIVE_INFINITY);
    heap.push({ dueMs: 5 });
    heap.push({ dueMs: 3 });
    expect(heap.peekMs).toBe(3);
    expect(heap.popDue(4)).toEqual({ dueMs: 3 });
    expect(heap.popDue(4)).toBeUndefined();
    expect(heap.size).toBe(1);
  });
});
