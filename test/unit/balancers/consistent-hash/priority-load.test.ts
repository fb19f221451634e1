import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { priorityLoad } from "../../../../src/balancers/consistent-hash/priority-load.js";

const level = (hosts: number, healthy: number, degraded = 0) => ({ hosts, healthy, degraded });
const SETTINGS = { overprovisioningPercent: 140, panicThresholdPercent: 0 };
const loadOf = (levels: readonly ReturnType<typeof level>[], panicThresholdPercent = 0) =>
  priorityLoad(levels, { ...SETTINGS, panicThresholdPercent });

// The examples of Envoy's own documentation of priority levels, at its overprovisioning factor of 1.4.
test.each([
  { healthy: [100, 100], load: [100, 0] },
  { healthy: [72, 100], load: [100, 0] },
  { healthy: [71, 100], load: [99, 1] },
  { healthy: [50, 100], load: [70, 30] },
  { healthy: [25, 100], load: [35, 65] },
  { healthy: [0, 100], load: [0, 100] },
  { healthy: [25, 25], load: [50, 50] },
])("$healthy % healthy get $load % of the load", ({ healthy, load }) => {
  const levels = healthy.map((count) => level(100, count));
  expect(loadOf(levels)).toMatchObject({ healthy: load, degraded: [0, 0] });
});

test("what rounding leaves goes to the first level that can take it", () => {
  expect(loadOf([level(3, 0), level(9, 1), level(9, 1), level(9, 1)]).healthy).toEqual([0, 34, 33, 33]);
});

test("degraded hosts take what healthy ones of all levels cannot", () => {
  expect(loadOf([level(2, 1, 1), level(2, 0, 2)])).toMatchObject({ healthy: [70, 0], degraded: [30, 0] });
  expect(loadOf([level(2, 0, 2)])).toMatchObject({ healthy: [0], degraded: [100] });
});

describe("panic", () => {
  test("never at threshold 0: nobody is left, and nobody takes over", () => {
    expect(loadOf([level(4, 0), level(4, 0)])).toEqual({ healthy: [100, 0], degraded: [0, 0], panic: [false, false] });
  });

  test("not of one level while the others carry everything", () => {
    expect(loadOf([level(10, 1), level(10, 10)], 50).panic).toEqual([false, false]);
  });

  test("by the number of hosts when all levels are in it", () => {
    expect(loadOf([level(10, 1), level(30, 3)], 50)).toEqual({
      healthy: [25, 75],
      degraded: [0, 0],
      panic: [true, true],
    });
  });
});

test("the parts always add up to 100", () => {
  const some = fc.tuple(fc.nat(20), fc.nat(20), fc.nat(20)).map(([a, b, c]) => level(a + b + c, a, b));
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 6 }), fc.nat(100), (levels, panicThresholdPercent) => {
      const { healthy, degraded } = loadOf(levels, panicThresholdPercent);
      expect([...healthy, ...degraded].reduce((sum, part) => sum + part, 0)).toBe(100);
    }),
  );
});
