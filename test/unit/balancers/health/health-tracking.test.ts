import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { ConsistentHashBalancer } from "../../../../src/balancers/consistent-hash/consistent-hash.js";
import { HealthTrackingBalancer } from "../../../../src/balancers/health/health-tracking.js";
import type { BackendSpec } from "../../../../src/balancers/load-balancer.js";
import { RoundRobinBalancer } from "../../../../src/balancers/round-robin/round-robin.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";

const spec = (id: string, health: BackendSpec["health"] = "healthy"): BackendSpec => ({
  id,
  address: `127.0.0.1:90${id}`,
  weight: 1,
  health,
});
const fleet = (count: number) => Array.from({ length: count }, (_, i) => spec(`${10 + i}`));

function setUp(backends: readonly BackendSpec[]) {
  const clock = new ManualClock();
  const changes: string[] = [];
  const balancer = new HealthTrackingBalancer(new RoundRobinBalancer(), backends, {
    clock,
    onChange: (id, from, to) => changes.push(`${id}: ${from} -> ${to}`),
  });
  return { clock, changes, balancer };
}

const request = { id: "r" };

it("takes a failing backend out, tries it after its ejection, and lets it back", () => {
  const { clock, changes, balancer } = setUp(fleet(4));
  let isBroken = true;
  const serve = (): string | undefined => {
    const chosen = balancer.select(request);
    clock.advance(100);
    if (chosen !== undefined) {
      balancer.recordResult({ backendId: chosen.id, success: !(isBroken && chosen.id === "10"), latencyMs: 5 });
    }
    return chosen?.id;
  };
  const serveMany = (count: number) => Array.from({ length: count }, serve).filter((id) => id === "10").length;
  expect(serveMany(20)).toBe(5);
  expect(balancer.healthOf("10")).toBe("unhealthy");
  expect(serveMany(280)).toBe(0);
  // 30 s are over: one request, which fails, and twice the time.
  expect(serveMany(500)).toBe(1);
  isBroken = false;
  // The ejection of 60 s ends within these 20 s; three successes, a second apart, and the usual quarter.
  expect(serveMany(150)).toBeLessThan(30);
  expect(balancer.healthOf("10")).toBe("healthy");
  expect(serveMany(100)).toBe(25);
  expect(changes).toEqual([
    "10: healthy -> unhealthy",
    "10: unhealthy -> probation",
    "10: probation -> unhealthy",
    "10: unhealthy -> probation",
    "10: probation -> healthy",
  ]);
});

it("leaves the keys of the others where they are while one is in probation", () => {
  const clock = new ManualClock();
  const inner = new ConsistentHashBalancer([]);
  const balancer = new HealthTrackingBalancer(inner, fleet(5), { clock });
  for (let n = 0; n < 5; n++) balancer.recordResult({ backendId: "12", success: false, latencyMs: 1 });
  const owners = () => Array.from({ length: 200 }, (_, key) => inner.ownerOf(`key-${key}`)?.id);
  const before = owners();
  expect(before).not.toContain("12");
  clock.advance(30_000);
  expect(balancer.select(request)?.id).toBe("12");
  expect(balancer.healthOf("12")).toBe("probation");
  expect(owners()).toEqual(before);
});

it("takes back whoever is due first when the others leave", () => {
  const { clock, balancer } = setUp(fleet(4));
  const fail = (backendId: string) => {
    for (let n = 0; n < 5; n++) balancer.recordResult({ backendId, success: false, latencyMs: 1 });
  };
  fail("10");
  clock.advance(10);
  fail("11");
  expect(["10", "11"].map((id) => balancer.healthOf(id))).toEqual(["unhealthy", "unhealthy"]);
  balancer.updateBackends(fleet(2));
  expect(["10", "11"].map((id) => balancer.healthOf(id))).toEqual(["degraded", "unhealthy"]);
  expect(balancer.select(request)?.id).toBe("10");
});

it("never empties the fleet, never overruns probation, never uses whom it holds out", () => {
  const action = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant("send" as const), overlap: fc.integer({ min: 0, max: 4 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 40_000 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("list" as const), count: fc.integer({ min: 0, max: 8 }) }) },
  );
  const broken = fc.uniqueArray(fc.integer({ min: 10, max: 17 }).map(String));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 250 }), broken, (actions, failing) => {
      const { clock, balancer } = setUp(fleet(6));
      let list = fleet(6);
      let outstanding: string[] = [];
      const answerUntil = (left: number): void => {
        while (outstanding.length > left) {
          const [backendId = "", ...rest] = outstanding;
          outstanding = rest;
          balancer.recordResult({ backendId, success: !failing.includes(backendId), latencyMs: 1 });
        }
      };
      for (const act of actions) {
        if (act.kind === "wait") clock.advance(act.ms);
        if (act.kind === "list") {
          answerUntil(0);
          list = fleet(act.count);
          balancer.updateBackends(list);
        }
        const held = list.filter(({ id }) => ["unhealthy", "probation"].includes(balancer.healthOf(id) ?? ""));
        expect(held.length).toBeLessThanOrEqual(Math.floor(list.length / 2));
        if (act.kind !== "send") continue;
        const chosen = balancer.select(request);
        expect(chosen !== undefined).toBe(list.length > 0);
        if (chosen === undefined) continue;
        const health = balancer.healthOf(chosen.id);
        expect(health).not.toBe("unhealthy");
        if (health === "probation") expect(outstanding).not.toContain(chosen.id);
        outstanding.push(chosen.id);
        answerUntil(act.overlap);
      }
    }),
    { numRuns: 100 },
  );
});
