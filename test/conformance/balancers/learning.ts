// How a balancer reacts to what it is told: slowness, failures, and a list that changes while it learns.
import { expect } from "@jest/globals";
import * as fc from "fast-check";
import { backend, fleet, Rig } from "./rig.js";
import type { Statement } from "./statement.js";

export const LEARNING: readonly Statement[] = [
  {
    title: "moves away from a slow backend",
    check: (make) => {
      const counts = new Rig(make, fleet(3), 13).behave({ b1: { latencyMs: 300 } }).send(600);
      expect(counts.get("b1") ?? 0).toBeLessThan(100);
    },
  },
  {
    title: "failing fast does not look fast",
    check: (make) => {
      const counts = new Rig(make, fleet(3), 17)
        .behave({ b1: { latencyMs: 1, failureRate: 1 }, b2: { latencyMs: 20 }, b3: { latencyMs: 20 } })
        .send(600);
      expect(counts.get("b1") ?? 0).toBeLessThan(100);
    },
  },
  {
    title: "a worse signal never raises a share",
    check: (make) => {
      const picks = 1_000;
      const behaviour = fc.record({
        latencyMs: fc.double({ min: 1, max: 500, noNaN: true }),
        failureRate: fc.constantFrom(0, 0.05, 0.3, 1),
      });
      fc.assert(
        fc.property(
          behaviour,
          fc.double({ min: 1, max: 10, noNaN: true }),
          fc.integer({ min: 0, max: 99 }),
          (b1, slower, seed) => {
            const run = (latencyMs: number, failureRate: number) =>
              new Rig(make, fleet(3), seed)
                .behave({ b1: { latencyMs, failureRate }, b2: { latencyMs: 60 }, b3: { latencyMs: 60 } })
                .send(picks)
                .get("b1") ?? 0;
            const before = run(b1.latencyMs, b1.failureRate);
            // Four standard deviations of the difference of two binomial counts, at the most uncertain share.
            const noise = 4 * Math.sqrt(2 * picks * 0.25);
            expect(run(b1.latencyMs * slower, b1.failureRate) - before).toBeLessThanOrEqual(noise);
            expect(run(b1.latencyMs, Math.min(1, b1.failureRate + 0.2)) - before).toBeLessThanOrEqual(noise);
          },
        ),
        { numRuns: 40 },
      );
    },
  },
  {
    title: "keeps what it learned about those that stay",
    check: (make) => {
      const rig = new Rig(make, fleet(3), 19).behave({ b1: { latencyMs: 500 } });
      rig.send(60);
      // Reordered, reweighted, one gone, two new.
      rig.balancer.updateBackends([backend("b5", 2), backend("b3", 3), backend("b1", 2), backend("b4")]);
      expect(rig.send(40).get("b1") ?? 0).toBeLessThan(5);
    },
  },
  {
    title: "forgets those that left",
    check: (make) => {
      const rig = new Rig(make, fleet(3), 19).behave({ b1: { latencyMs: 500 } });
      rig.send(60);
      rig.balancer.updateBackends(fleet(3).slice(1));
      rig.behave({});
      rig.send(60);
      rig.balancer.updateBackends(fleet(3));
      expect(rig.send(300).get("b1") ?? 0).toBeGreaterThan(40);
    },
  },
];
