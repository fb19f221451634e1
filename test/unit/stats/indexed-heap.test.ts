import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { IndexedHeap } from "../../../src/stats/indexed-heap.js";

it("always has the smallest key on top, ties by the second", () => {
  const change = fc.record({
    item: fc.integer({ min: 0, max: 19 }),
    key: fc.integer({ min: 0, max: 9 }),
    tie: fc.integer({ min: 0, max: 1_000 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const heap = new IndexedHeap(20);
      const model = new Map<number, { key: number; tie: number }>();
      expect(heap.top).toBe(-1);
      for (const { item, key, tie } of changes) {
        heap.keys[item] = key;
        heap.ties[item] = tie;
        heap.place(item);
        model.set(item, { key, tie });
        const best = [...model.values()].toSorted((a, b) => a.key - b.key || a.tie - b.tie)[0];
        expect(heap.size).toBe(model.size);
        expect(model.get(heap.top)).toEqual(best);
      }
    }),
  );
});
