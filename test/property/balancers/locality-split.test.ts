// The split over zones: complete, within what zones can take, and without jumps.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { type LocalitySettings, localitySplit, type ZoneLoad } from "../../../src/balancers/failover/locality-split.js";

const amount = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1_000, noNaN: true }));
const zone: fc.Arbitrary<ZoneLoad> = fc.record({ capacity: amount, demand: amount, region: fc.constantFrom("r", "s") });
const zones = fc.array(zone, { minLength: 1, maxLength: 6 });
const settings: fc.Arbitrary<LocalitySettings> = fc.record({
  band: fc.double({ min: 0, max: 1, noNaN: true }),
  probe: fc.double({ min: 0, max: 0.5, noNaN: true }),
});
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test("every caller's calls all go somewhere, and nowhere without capacity", () => {
  fc.assert(
    fc.property(zones, amount, settings, (list, elsewhere, how) => {
      const split = localitySplit(list, elsewhere, how);
      const able = sum(list.map(({ capacity }) => capacity)) > 0;
      for (const parts of [...split.sends, split.elsewhere]) {
        expect(parts).toHaveLength(list.length);
        expect(sum(parts)).toBeCloseTo(able ? 1 : 0, 9);
        parts.forEach((part, i) => {
          expect(part).toBeGreaterThanOrEqual(0);
          if (list[i]?.capacity === 0) expect(part).toBe(0);
        });
      }
      const called = sum(list.map(({ demand }) => demand)) + elsewhere > 0;
      expect(sum(split.shares)).toBeCloseTo(able && called ? 1 : 0, 9);
    }),
  );
});

test("a zone keeps of its own calls what its capacity and the band allow, all but the probes where that is everything", () => {
  fc.assert(
    fc.property(zones, amount, settings, (list, elsewhere, how) => {
      const { sends } = localitySplit(list, elsewhere, how);
      const capacity = sum(list.map((each) => each.capacity));
      const demand = sum(list.map((each) => each.demand)) + elsewhere;
      fc.pre(list.filter((each) => each.capacity > 0).length > 1 && demand > 0);
      list.forEach((each, i) => {
        const allowed = (1 + how.band) * (each.capacity / capacity);
        const called = each.demand / demand;
        const expected =
          each.capacity === 0 ? 0 : called <= allowed ? 1 - how.probe : (allowed / called) * (1 - how.probe);
        expect(sends[i]?.[i]).toBeCloseTo(expected, 9);
      });
    }),
  );
});

test("no zone is sent more than the band beyond its part of the capacity, besides probes", () => {
  fc.assert(
    fc.property(zones, amount, settings, (list, elsewhere, how) => {
      const { shares } = localitySplit(list, elsewhere, how);
      const capacity = sum(list.map((each) => each.capacity));
      fc.pre(list.filter((each) => each.capacity > 0).length > 1);
      list.forEach((each, i) => {
        const part = each.capacity / capacity;
        const probes = Math.max(how.probe, 0.01) * (1 + how.band) + how.probe;
        expect(shares[i]).toBeLessThanOrEqual((1 + how.band) * part + probes + 1e-9);
      });
    }),
  );
});

test("a little more capacity or demand moves a little traffic", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          capacity: fc.double({ min: 1, max: 100, noNaN: true }),
          demand: fc.double({ min: 1, max: 100, noNaN: true }),
          region: fc.constantFrom("r", "s"),
        }),
        {
          minLength: 2,
          maxLength: 4,
        },
      ),
      fc.record({
        band: fc.double({ min: 0, max: 1, noNaN: true }),
        probe: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
      }),
      fc.nat(3),
      fc.constantFrom("capacity" as const, "demand" as const),
      (list, how, pick, what) => {
        const at = pick % list.length;
        const moved = list.map((each, i) => (i === at ? { ...each, [what]: each[what] * 1.001 } : each));
        const [before, after] = [localitySplit(list, 0, how), localitySplit(moved, 0, how)];
        before.sends.forEach((row, caller) =>
          row.forEach((part, i) => expect(Math.abs(part - (after.sends[caller]?.[i] ?? 0))).toBeLessThan(0.02)),
        );
      },
    ),
  );
});

test("zones alike keep all but the probes; the only one with capacity keeps everything", () => {
  const how = { band: 0.1, probe: 0.03 };
  const alike = localitySplit(
    [
      { capacity: 3, demand: 9, region: "r" },
      { capacity: 3, demand: 9, region: "r" },
      { capacity: 3, demand: 9, region: "r" },
    ],
    0,
    how,
  );
  expect(alike.sends[0]).toEqual([0.97, expect.closeTo(0.015, 12), expect.closeTo(0.015, 12)]);
  expect(alike.shares).toEqual([expect.closeTo(1 / 3, 12), expect.closeTo(1 / 3, 12), expect.closeTo(1 / 3, 12)]);
  const alone = localitySplit(
    [
      { capacity: 3, demand: 1, region: "r" },
      { capacity: 0, demand: 9, region: "r" },
    ],
    0,
    how,
  );
  expect(alone.sends).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

test("what a zone sends away goes to its region first, to others what has no room there, and probes everywhere", () => {
  const how = { band: 0.1, probe: 0.03 };
  const zoneOf = (region: string, capacity: number, demand: number): ZoneLoad => ({ region, capacity, demand });
  // Zone 0 can take a ninth of the calls and makes a third. Its neighbour has room for what is left.
  const few = localitySplit([zoneOf("r", 1, 2), zoneOf("r", 5, 2), zoneOf("s", 3, 2)], 0, how).sends[0] ?? [];
  expect(few[1]).toBeGreaterThan(0.6);
  expect(few[2]).toBeLessThan(0.03);
  expect(few[2]).toBeGreaterThan(0.005);
  // Nobody in the region has room any more.
  const none = localitySplit([zoneOf("r", 0, 2), zoneOf("r", 2, 2.2), zoneOf("s", 4, 1)], 0, how).sends[0] ?? [];
  expect(none[2]).toBeGreaterThan(0.85);
});
