import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { type LevelHealth, priorityLoads } from "../../../src/balancers/failover/priority-load.js";

const level: fc.Arbitrary<LevelHealth> = fc
  .tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }))
  .filter(([healthy, degraded, out]) => healthy + degraded + out > 0)
  .map(([healthy, degraded, out]) => ({ total: healthy + degraded + out, healthy, degraded }));
const levels = fc.array(level, { minLength: 1, maxLength: 8 });
const settings = fc.record({
  overprovisioningFactor: fc.double({ min: 1, max: 5, noNaN: true }),
  panicThreshold: fc.double({ min: 0, max: 1, noNaN: true }),
});
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test("all traffic has a place, or nobody can take any", () => {
  fc.assert(
    fc.property(levels, settings, (given, options) => {
      const loads = priorityLoads(given, options);
      const total = sum(loads.map(({ healthy, degraded }) => healthy + degraded));
      const usable = given.some(({ healthy, degraded }) => healthy + degraded > 0);
      if (total === 0) expect(usable).toBe(false);
      else expect(total).toBeCloseTo(1, 9);
      loads.forEach(({ healthy, degraded, panic }, i) => {
        expect(Math.min(healthy, degraded)).toBeGreaterThanOrEqual(0);
        if (!panic && given[i]?.healthy === 0) expect(healthy).toBe(0);
        if (given[i]?.degraded === 0) expect(degraded).toBe(0);
      });
    }),
  );
});

test("a level gets traffic only when those before it cannot take it all", () => {
  fc.assert(
    fc.property(levels, settings, (given, options) => {
      const loads = priorityLoads(given, { ...options, panicThreshold: 0 });
      loads.forEach(({ healthy }, i) => {
        const before = given.slice(0, i).map((l) => (options.overprovisioningFactor * l.healthy) / l.total);
        if (before.some((ability) => ability >= 1)) expect(healthy).toBeLessThan(1e-9);
      });
    }),
  );
});

test("a host that recovers never takes traffic away from its level", () => {
  fc.assert(
    fc.property(levels, settings, fc.nat(), (given, options, pick) => {
      const index = pick % given.length;
      const target = given[index];
      if (target === undefined || target.healthy + target.degraded >= target.total) return;
      const better = given.map((l, i) => (i === index ? { ...l, healthy: l.healthy + 1 } : l));
      const without = { ...options, panicThreshold: 0 };
      const before = priorityLoads(given, without)[index];
      const after = priorityLoads(better, without)[index];
      expect(after?.healthy ?? 0).toBeGreaterThanOrEqual((before?.healthy ?? 0) - 1e-9);
    }),
  );
});
