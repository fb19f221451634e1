// What every per-request balancer owes its caller. One suite for all; what does not apply is skipped with a reason.
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { BackendSpec, LoadBalancer } from "../../../src/balancers/load-balancer.js";

export interface BalancerCase {
  readonly name: string;
  readonly make: (backends: readonly BackendSpec[], seed: number) => LoadBalancer;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

export function backend(id: string, weight = 1, health: BackendSpec["health"] = "healthy"): BackendSpec {
  return { id, address: `127.0.0.1:${9000 + Number(id.replace(/\D/g, "") || 0)}`, weight, health };
}

const request = (n: number) => ({ id: `r${n}`, clientId: `c${n % 10}`, routeKey: `k${n % 10}` });

function picks(balancer: LoadBalancer, count: number): Map<string, number> {
  const seen = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const chosen = balancer.select(request(n));
    if (chosen === undefined) continue;
    seen.set(chosen.id, (seen.get(chosen.id) ?? 0) + 1);
    balancer.recordResult({ backendId: chosen.id, success: true, latencyMs: 10 });
  }
  return seen;
}

const specs = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 100 }),
      health: fc.constantFrom("healthy" as const, "degraded" as const, "unhealthy" as const),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map(({ weight, health }, i) => backend(`b${i}`, weight, health)));

export function balancerConformance({ name, make, skip = [] }: BalancerCase): void {
  const applies = (title: string, run: () => void): void => {
    const skipped = skip.find((entry) => entry.test === title);
    if (skipped === undefined) test(title, run);
    else test.skip(`${title} (${skipped.reason})`, run);
  };

  describe(`balancer ${name}`, () => {
    applies("has its name", () => {
      expect(make([], 1).name).toBe(name);
    });

    applies("selects only from the list, and never an unhealthy backend", () => {
      fc.assert(
        fc.property(specs, fc.integer({ min: 1, max: 60 }), (backends, count) => {
          const usable = new Set(backends.filter(({ health }) => health !== "unhealthy").map(({ id }) => id));
          for (const id of picks(make(backends, 7), count).keys()) expect(usable.has(id)).toBe(true);
        }),
      );
    });

    applies("selects nobody exactly when nobody is usable", () => {
      fc.assert(
        fc.property(specs, (backends) => {
          const usable = backends.some(({ health }) => health !== "unhealthy");
          expect(make(backends, 3).select(request(1)) !== undefined).toBe(usable);
        }),
      );
    });

    applies("survives any churn of the list", () => {
      fc.assert(
        fc.property(fc.array(specs, { minLength: 1, maxLength: 8 }), (lists) => {
          const balancer = make([], 5);
          for (const backends of lists) {
            balancer.updateBackends(backends);
            const usable = new Set(backends.filter(({ health }) => health !== "unhealthy").map(({ id }) => id));
            for (const id of picks(balancer, 5).keys()) expect(usable.has(id)).toBe(true);
          }
        }),
      );
    });

    applies("is deterministic under a seed", () => {
      const backends = [backend("b1", 1), backend("b2", 2), backend("b3", 4)];
      expect([...picks(make(backends, 42), 500)]).toEqual([...picks(make(backends, 42), 500)]);
    });

    applies("spreads equal backends evenly", () => {
      const seen = picks(make([backend("b1"), backend("b2"), backend("b3"), backend("b4")], 11), 4_000);
      // 4,000 picks, p = 1/4: standard deviation 27, so 150 is more than five of them.
      for (const id of ["b1", "b2", "b3", "b4"]) expect(Math.abs((seen.get(id) ?? 0) - 1_000)).toBeLessThan(150);
    });

    applies("follows weights", () => {
      const seen = picks(make([backend("b1", 10), backend("b2", 20), backend("b3", 30)], 11), 6_000);
      for (const [id, expected] of [
        ["b1", 1_000],
        ["b2", 2_000],
        ["b3", 3_000],
      ] as const) {
        expect(Math.abs((seen.get(id) ?? 0) - expected)).toBeLessThan(5);
      }
    });

    applies("a slower backend never gets more", () => {
      const balancer = make([backend("b1"), backend("b2"), backend("b3")], 13);
      const seen = new Map<string, number>();
      for (let n = 0; n < 600; n++) {
        const chosen = balancer.select(request(n));
        if (chosen === undefined) throw new Error("nobody selected");
        seen.set(chosen.id, (seen.get(chosen.id) ?? 0) + 1);
        balancer.recordResult({ backendId: chosen.id, success: true, latencyMs: chosen.id === "b1" ? 300 : 10 });
      }
      expect(seen.get("b1") ?? 0).toBeLessThan(100);
    });

    applies("failing fast does not look fast", () => {
      const balancer = make([backend("b1"), backend("b2"), backend("b3")], 17);
      let failing = 0;
      for (let n = 0; n < 600; n++) {
        const chosen = balancer.select(request(n));
        if (chosen === undefined) throw new Error("nobody selected");
        if (chosen.id === "b1") failing += 1;
        balancer.recordResult({
          backendId: chosen.id,
          success: chosen.id !== "b1",
          latencyMs: chosen.id === "b1" ? 1 : 20,
        });
      }
      expect(failing).toBeLessThan(100);
    });

    applies("keeps what it learned about those that stay", () => {
      const before = [backend("b1"), backend("b2"), backend("b3")];
      const balancer = make(before, 19);
      for (let n = 0; n < 60; n++) {
        for (const { id } of before)
          balancer.recordResult({ backendId: id, success: true, latencyMs: id === "b1" ? 500 : 10 });
      }
      balancer.updateBackends([...before, backend("b4")]);
      const seen = picks(balancer, 40);
      expect(seen.get("b1") ?? 0).toBeLessThan(5);
    });

    applies("ignores results that make no sense", () => {
      const balancer = make([backend("b1"), backend("b2")], 23);
      for (const latencyMs of [Number.NaN, Number.POSITIVE_INFINITY, -1])
        balancer.recordResult({ backendId: "b1", success: true, latencyMs });
      balancer.recordResult({ backendId: "stranger", success: true, latencyMs: 5 });
      expect(picks(balancer, 20).size).toBeGreaterThan(0);
    });
  });
}
