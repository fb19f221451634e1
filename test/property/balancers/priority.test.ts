import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { BackendSpec, LoadBalancer, Priority, RequestResult } from "../../../src/balancers/load-balancer.js";
import { PriorityRouter } from "../../../src/balancers/priority/priority-router.js";
import { RoundRobinBalancer } from "../../../src/balancers/round-robin/round-robin.js";

const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** Round robin that counts what it selected and what came back. */
class CountingBalancer extends RoundRobinBalancer {
  readonly unanswered = new Map<string, number>();

  override select(request: Parameters<LoadBalancer["select"]>[0]): BackendSpec | undefined {
    const chosen = super.select(request);
    if (chosen !== undefined) this.unanswered.set(chosen.id, (this.unanswered.get(chosen.id) ?? 0) + 1);
    return chosen;
  }

  override recordResult(result?: RequestResult): void {
    if (result) this.unanswered.set(result.backendId, (this.unanswered.get(result.backendId) ?? 0) - 1);
  }
}

const backends = fc
  .array(fc.record({ pools: fc.subarray([...PRIORITIES]), healthy: fc.boolean() }), { minLength: 1, maxLength: 6 })
  .map((list) =>
    list.map(({ pools, healthy }, i) => ({
      pools,
      spec: {
        id: `b${i}`,
        address: "10.0.0.1:80",
        weight: 1,
        health: healthy ? "healthy" : "unhealthy",
      } satisfies BackendSpec,
    })),
  );

test("requests reach only pools that they may, and no pool ever gets more results than it made selections", () => {
  const requests = fc.array(fc.record({ priority: fc.constantFrom(...PRIORITIES), answersFirst: fc.nat() }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(backends, requests, (list, sent) => {
      const poolsOf = new Map(list.map(({ spec, pools }) => [spec.id, pools]));
      const inner = { high: new CountingBalancer(), normal: new CountingBalancer(), low: new CountingBalancer() };
      const pool = (priority: Priority) => ({
        balancer: inner[priority],
        accepts: ({ id }: BackendSpec) => poolsOf.get(id)?.includes(priority) ?? false,
      });
      const router = new PriorityRouter(
        list.map(({ spec }) => spec),
        { pools: { high: pool("high"), normal: pool("normal"), low: pool("low") } },
      );
      const inFlight: string[] = [];
      const answer = (index: number): void => {
        const [backendId] = inFlight.splice(index, 1);
        if (backendId !== undefined) router.recordResult({ backendId, success: true, latencyMs: 1 });
      };
      const allowed: Record<Priority, readonly Priority[]> = {
        high: ["high", "normal", "low"],
        normal: ["normal", "low"],
        low: ["low", "normal"],
      };
      for (const { priority, answersFirst } of sent) {
        if (inFlight.length > 0 && answersFirst % 2 === 0) answer(answersFirst % inFlight.length);
        const chosen = router.select({ id: "r", priority });
        const usable = list.filter(
          ({ spec, pools }) => spec.health === "healthy" && pools.some((name) => allowed[priority].includes(name)),
        );
        if (chosen === undefined) expect(usable).toEqual([]);
        else expect(usable.map(({ spec }) => spec)).toContain(chosen);
        if (chosen !== undefined) inFlight.push(chosen.id);
        for (const { unanswered } of Object.values(inner))
          for (const count of unanswered.values()) expect(count).toBeGreaterThanOrEqual(0);
      }
      while (inFlight.length > 0) answer(0);
      for (const { unanswered } of Object.values(inner))
        expect([...unanswered.values()].every((count) => count === 0)).toBe(true);
    }),
  );
});
