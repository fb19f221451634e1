import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { OutcomeWindow } from "../../../../src/balancers/health/outcome-window.js";

const step = fc.record({ afterMs: fc.integer({ min: -300, max: 900 }), success: fc.boolean() });

it("counts exactly what happened in its last buckets, whatever the spacing and the clock", () => {
  const bucketMs = 100;
  const buckets = 5;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const window = new OutcomeWindow({ windowMs: bucketMs * buckets, buckets });
      const seen: { bucket: number; success: boolean }[] = [];
      let nowMs = 0;
      let newest = 0;
      for (const { afterMs, success } of steps) {
        nowMs = Math.max(0, nowMs + afterMs);
        newest = Math.max(newest, Math.floor(nowMs / bucketMs));
        window.record(success, nowMs);
        seen.push({ bucket: newest, success });
        const recent = seen.filter(({ bucket }) => bucket > newest - buckets);
        const failures = recent.filter((result) => !result.success).length;
        expect([window.requests, window.failures]).toEqual([recent.length, failures]);
        expect(window.failureRate).toBe(failures / recent.length);
      }
    }),
  );
});

it("has no rate without requests, and none after time enough", () => {
  const window = new OutcomeWindow({ windowMs: 1_000, buckets: 10 });
  expect(window.failureRate).toBe(0);
  window.record(false, 5_000);
  expect(window.failureRate).toBe(1);
  window.advance(6_000);
  expect([window.requests, window.failureRate]).toEqual([0, 0]);
});
