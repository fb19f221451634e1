// Which key goes where. Only for balancers that look at keys.
import { expect } from "@jest/globals";
import { backend, fleet, type MakeBalancer, Rig } from "./rig.js";
import type { Statement } from "./statement.js";

const KEYS = 2_000;

/** Owner per key, without load. */
function owners(make: MakeBalancer, backends: ReturnType<typeof fleet>): readonly string[] {
  const { balancer } = new Rig(make, backends, 41);
  return Array.from({ length: KEYS }, (_, key) => {
    const chosen = balancer.select({ id: "r", routeKey: `key-${key}` });
    if (chosen === undefined) throw new Error("nobody selected");
    balancer.recordResult({ backendId: chosen.id, success: true, latencyMs: 1 });
    return chosen.id;
  });
}

const moved = (before: readonly string[], after: readonly string[]): number =>
  before.filter((id, key) => id !== after[key]).length / before.length;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const KEYED: readonly Statement[] = [
  {
    title: "sends the same key to the same backend",
    check: (make) => {
      expect(owners(make, fleet(10))).toEqual(owners(make, fleet(10)));
      const { balancer } = new Rig(make, fleet(10), 1);
      const chosen = Array.from({ length: 20 }, () => balancer.select({ id: "r", routeKey: "same" })?.id);
      expect(new Set(chosen).size).toBe(1);
    },
  },
  {
    title: "takes the route key, else the client id, else the request id",
    check: (make) => {
      const { balancer } = new Rig(make, fleet(50), 1);
      for (let n = 0; n < 20; n++) {
        const [key, other] = [`key-${n}`, `other-${n}`];
        const byRoute = balancer.select({ id: other, clientId: other, routeKey: key })?.id;
        expect(balancer.select({ id: other, clientId: key })?.id).toBe(byRoute);
        expect(balancer.select({ id: key })?.id).toBe(byRoute);
      }
    },
  },
  {
    title: "moves at most 1.2/n of the keys when one of n backends leaves or comes back",
    check: (make) => {
      const n = 10;
      const all = owners(make, fleet(n));
      const parts = fleet(n).map(({ id }) =>
        moved(
          all,
          owners(
            make,
            fleet(n).filter((spec) => spec.id !== id),
          ),
        ),
      );
      expect(mean(parts)).toBeLessThanOrEqual(1.2 / n);
    },
  },
  {
    title: "moves at most 1.2/n of the keys when the nth backend joins",
    check: (make) => {
      const n = 10;
      const before = owners(make, fleet(n - 1));
      const parts = Array.from({ length: 10 }, (_, i) =>
        moved(before, owners(make, [...fleet(n - 1), backend(`b${100 + i}`)])),
      );
      expect(mean(parts)).toBeLessThanOrEqual(1.2 / n);
    },
  },
  {
    title: "moves keys only from a backend that leaves",
    check: (make) => {
      const all = owners(make, fleet(10));
      const rest = owners(make, fleet(9));
      all.forEach((id, key) => {
        if (id !== "b10") expect(rest[key]).toBe(id);
      });
    },
  },
  {
    title: "moves no key between others when one degrades",
    check: (make) => {
      const all = owners(make, fleet(10));
      const degraded = owners(
        make,
        fleet(10).map((spec) => (spec.id === "b4" ? { ...spec, health: "degraded" as const } : spec)),
      );
      all.forEach((id, key) => {
        if (id !== "b4") expect(degraded[key]).toBe(id);
      });
    },
  },
];
