import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RecencyList } from "../../../src/stats/recency-list.js";

it("knows who was touched longest ago", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(), { maxLength: 60 }), (capacity, touches) => {
      const list = new RecencyList(capacity);
      let order = Array.from({ length: capacity }, (_, i) => i);
      for (const touch of touches) {
        const item = touch % capacity;
        list.touch(item);
        order = [...order.filter((other) => other !== item), item];
        expect(list.oldest).toBe(order[0]);
      }
    }),
  );
  expect(new RecencyList(0).oldest).toBe(-1);
});
