// Whom a balancer may select, and in which proportions.
import { expect } from "@jest/globals";
import * as fc from "fast-check";
import { seededRng } from "../../../src/runtime/rng.js";
import { agreesWithWeights } from "./chi-square.js";
import { anyBackends, backend, fleet, Rig, usableIds } from "./rig.js";
import type { Statement } from "./statement.js";

const overlaps = [0, 24];

export const SELECTION: readonly Statement[] = [
  {
    title: "has its name",
    check: (make, name) => {
      expect(new Rig(make, [], 1).balancer.name).toBe(name);
    },
  },
  {
    title: "selects only from the list, and never an unhealthy backend",
    check: (make) => {
      fc.assert(
        fc.property(
          anyBackends,
          fc.integer({ min: 1, max: 60 }),
          fc.integer({ min: 0, max: 9 }),
          (backends, count, overlap) => {
            const usable = usableIds(backends);
            for (const id of new Rig(make, backends, 7).send(count, overlap).keys()) expect(usable.has(id)).toBe(true);
          },
        ),
      );
    },
  },
  {
    title: "selects nobody exactly when nobody is usable",
    check: (make) => {
      fc.assert(
        fc.property(anyBackends, (backends) => {
          const isUsable = usableIds(backends).size > 0;
          expect(new Rig(make, backends, 3).send(1).size).toBe(isUsable ? 1 : 0);
        }),
      );
    },
  },
  {
    title: "sends everything to the only backend",
    check: (make) => {
      for (const health of ["healthy", "degraded"] as const) {
        expect(new Rig(make, [backend("b1", 65_535, health)], 3).send(50, 3)).toEqual(new Map([["b1", 50]]));
      }
    },
  },
  {
    title: "is deterministic under a seed",
    check: (make) => {
      const backends = [backend("b1", 1), backend("b2", 2), backend("b3", 4, "degraded")];
      const run = () => [...new Rig(make, backends, 42).send(500, 5)];
      expect(run()).toEqual(run());
    },
  },
  {
    title: "spreads equal backends evenly",
    check: (make) => {
      for (const overlap of overlaps) {
        const counts = new Rig(make, fleet(4), 11).send(4_000, overlap);
        expect(agreesWithWeights(counts, { b1: 1, b2: 1, b3: 1, b4: 1 })).toBe(true);
      }
    },
  },
  {
    title: "follows weights",
    check: (make) => {
      for (const overlap of overlaps) {
        const counts = new Rig(make, [backend("b1", 10), backend("b2", 20), backend("b3", 30)], 11).send(
          6_000,
          overlap,
        );
        expect(agreesWithWeights(counts, { b1: 10, b2: 20, b3: 30 })).toBe(true);
      }
    },
  },
  {
    title: "follows weights at the ends of their range",
    check: (make) => {
      const counts = new Rig(make, [backend("b1", 65_535), backend("b2", 1)], 11).send(2_000, 4);
      // 2,000 / 65,536 = 0.03 expected; five or more would have a chance of 2e-10.
      expect(counts.get("b2") ?? 0).toBeLessThan(5);
    },
  },
  {
    title: "gives a degraded backend less than its part",
    check: (make) => {
      for (const overlap of overlaps) {
        const backends = [backend("b1", 1, "degraded"), backend("b2"), backend("b3"), backend("b4")];
        const counts = new Rig(make, backends, 23).send(2_000, overlap);
        // The fair part is 500, the reduced one 182. Those that see load give it some more of what the others queue for.
        expect(counts.get("b1") ?? 0).toBeLessThan(400);
      }
    },
  },
  {
    title: "goes on using a degraded backend",
    check: (make) => {
      const backends = [backend("b1", 1, "degraded"), backend("b2"), backend("b3"), backend("b4")];
      // 182 expected, standard deviation 13: 120 is more than four of them below.
      expect(new Rig(make, backends, 23).send(2_000).get("b1") ?? 0).toBeGreaterThan(120);
    },
  },
  {
    title: "gives a recovered backend its part again",
    check: (make) => {
      for (const health of ["unhealthy", "degraded"] as const) {
        const rig = new Rig(make, [backend("b1", 1, health), ...fleet(4).slice(1)], 29);
        rig.send(1_000);
        rig.balancer.updateBackends(fleet(4));
        expect(agreesWithWeights(rig.send(4_000), { b1: 1, b2: 1, b3: 1, b4: 1 })).toBe(true);
      }
    },
  },
  {
    title: "survives thousands of joins, leaves and changes of health",
    check: (make) => {
      const rng = seededRng(31);
      const rig = new Rig(make, [], 37);
      let backends = [...fleet(3)];
      let wrong = 0;
      for (let n = 0; n < 2_000; n++) {
        const at = Math.floor(rng.next() * backends.length);
        const draw = rng.next();
        if (draw < 0.4 && backends.length < 20) backends.splice(at, 0, backend(`b${n + 10}`, 1 + (n % 7)));
        else if (draw < 0.8) backends.splice(at, 1);
        else {
          const health = (["healthy", "degraded", "unhealthy"] as const)[n % 3] ?? "healthy";
          backends = backends.map((spec, i) => (i === at ? { ...spec, health } : spec));
        }
        rig.balancer.updateBackends([...backends]);
        const usable = usableIds(backends);
        const chosen = [...rig.send(2, 6).keys()];
        if (chosen.length === 0 ? usable.size > 0 : chosen.some((id) => !usable.has(id))) wrong += 1;
      }
      expect(wrong).toBe(0);
    },
  },
];
