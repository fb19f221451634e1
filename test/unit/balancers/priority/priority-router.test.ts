import { describe, expect, test } from "@jest/globals";
import type { BackendSpec, LoadBalancer, Priority } from "../../../../src/balancers/load-balancer.js";
import { P2cBalancer } from "../../../../src/balancers/p2c/p2c.js";
import { type PriorityPool, PriorityRouter } from "../../../../src/balancers/priority/priority-router.js";
import { RoundRobinBalancer } from "../../../../src/balancers/round-robin/round-robin.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

function backend(id: string, health: BackendSpec["health"] = "healthy"): BackendSpec {
  return { id, address: "10.0.0.1:80", weight: 1, health };
}

/** Backends belong to the pools that their ids name: "high-1", "high+low-2". */
function poolsOf(balancerFor: () => LoadBalancer): Record<Priority, PriorityPool> {
  const pool = (priority: Priority): PriorityPool => ({
    balancer: balancerFor(),
    accepts: ({ id }) => id.includes(priority),
  });
  return { high: pool("high"), normal: pool("normal"), low: pool("low") };
}

const router = (backends: readonly BackendSpec[]) =>
  new PriorityRouter(backends, { pools: poolsOf(() => new RoundRobinBalancer()) });
const chosen = (balancer: LoadBalancer, priority?: Priority) =>
  balancer.select(priority === undefined ? { id: "r" } : { id: "r", priority })?.id;

describe("PriorityRouter", () => {
  test("each priority has backends of its own; none means normal", () => {
    const balancer = router([backend("high-1"), backend("normal-1"), backend("low-1")]);
    expect([chosen(balancer, "high"), chosen(balancer), chosen(balancer, "low")]).toEqual([
      "high-1",
      "normal-1",
      "low-1",
    ]);
  });

  test("an empty pool falls back, and what is kept for high is never taken by others", () => {
    const balancer = router([backend("high-1", "unhealthy"), backend("normal-1"), backend("low-1")]);
    expect(chosen(balancer, "high")).toBe("normal-1");
    balancer.updateBackends([backend("high-1", "unhealthy"), backend("low-1")]);
    expect([chosen(balancer, "high"), chosen(balancer, "normal")]).toEqual(["low-1", "low-1"]);
    balancer.updateBackends([backend("high-1"), backend("normal-1", "unhealthy"), backend("low-1", "unhealthy")]);
    expect([chosen(balancer, "normal"), chosen(balancer, "low")]).toEqual([undefined, undefined]);
  });

  test("the fallback is the user's to choose", () => {
    const balancer = new PriorityRouter([backend("high-1")], {
      pools: poolsOf(() => new RoundRobinBalancer()),
      fallback: { high: [], normal: ["high"], low: [] },
    });
    expect([chosen(balancer, "normal"), chosen(balancer, "low")]).toEqual(["high-1", undefined]);
  });

  test("two pools cannot share a balancer", () => {
    const pools = poolsOf(() => new RoundRobinBalancer());
    expect(() => new PriorityRouter([], { pools: { ...pools, low: pools.high } })).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_REQUEST" }),
    );
  });

  test("a result goes to the balancer that made the choice: in overlapping pools no count drifts", () => {
    const results: string[] = [];
    const balancer = new PriorityRouter([backend("high+low-1")], {
      pools: poolsOf(() => {
        const inner = new P2cBalancer([], { clock: new ManualClock(), rng: seededRng(1) });
        const name = ["high", "normal", "low"][counted++] ?? "";
        const record = inner.recordResult.bind(inner);
        inner.recordResult = (result) => {
          results.push(name);
          record(result);
        };
        return inner;
      }),
    });
    for (const priority of ["low", "low", "high"] as const) chosen(balancer, priority);
    for (let n = 0; n < 3; n++) balancer.recordResult({ backendId: "high+low-1", success: true, latencyMs: 5 });
    expect(results.toSorted()).toEqual(["high", "low", "low"]);
    balancer.recordResult({ backendId: "stranger", success: true, latencyMs: 5 });
    expect(results).toHaveLength(3);
  });
});

let counted = 0;
