import { describe, expect, test } from "@jest/globals";
import { FailoverBalancer } from "../../../../src/balancers/failover/failover-balancer.js";
import { distanceOf } from "../../../../src/balancers/failover/level-order.js";
import { priorityLoads } from "../../../../src/balancers/failover/priority-load.js";
import type { BackendSpec, BalanceRequest } from "../../../../src/balancers/load-balancer.js";
import { P2cBalancer } from "../../../../src/balancers/p2c/p2c.js";
import { RoundRobinBalancer } from "../../../../src/balancers/round-robin/round-robin.js";
import type { Locality } from "../../../../src/model/instance.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const REQUEST: BalanceRequest = { id: "r" };
const ENVOY = { overprovisioningFactor: 1.4, panicThreshold: 0.5 };
const percent = (loads: readonly { healthy: number }[]): number[] =>
  loads.map(({ healthy }) => Math.round(healthy * 100));

describe("loads of priority levels, as in Envoy's documentation", () => {
  // "Priority levels", two levels, P=1 all healthy: percent of P=0 healthy, traffic to each. Envoy cuts to whole percent.
  test.each([
    [100, 100, 0],
    [72, 100, 0],
    [71, 99, 1],
    [50, 70, 30],
    [25, 35, 65],
    [0, 0, 100],
  ])("P=0 %d %% healthy: %d %% and %d %%", (healthy, first, second) => {
    const loads = priorityLoads(
      [
        { total: 100, healthy, degraded: 0 },
        { total: 100, healthy: 100, degraded: 0 },
      ],
      ENVOY,
    );
    expect(percent(loads)).toEqual([first, second]);
    expect(loads.some(({ panic }) => panic)).toBe(false);
  });

  // "Panic threshold", two levels: percent healthy of each, traffic, panic of each.
  test.each([
    [72, 72, 100, 0, false, false],
    [50, 60, 70, 30, false, false],
    [25, 25, 50, 50, true, true],
    [5, 65, 7, 93, true, false],
  ])("%d %% and %d %% healthy: traffic %d and %d, panic %p and %p", (a, b, first, second, panicA, panicB) => {
    const levels = [a, b].map((healthy) => ({ total: 100, healthy, degraded: 0 }));
    const loads = priorityLoads(levels, ENVOY);
    expect(percent(loads)).toEqual([first, second]);
    expect(loads.map(({ panic }) => panic)).toEqual([panicA, panicB]);
  });

  test("degraded hosts of a preferred level come after the healthy ones of all levels", () => {
    const levels = [
      { total: 100, healthy: 25, degraded: 75 },
      { total: 100, healthy: 50, degraded: 0 },
    ];
    const [first, second] = priorityLoads(levels, { ...ENVOY, panicThreshold: 0 });
    expect([first?.healthy, second?.healthy]).toEqual([expect.closeTo(0.35), expect.closeTo(0.65)]);
    expect([first?.degraded, second?.degraded]).toEqual([0, 0]);
    const [alone] = priorityLoads(levels.slice(0, 1), ENVOY);
    expect([alone?.healthy, alone?.degraded]).toEqual([expect.closeTo(0.35), expect.closeTo(0.65)]);
  });

  test("nobody usable: without panic nothing, with it everything", () => {
    const dead = [{ total: 3, healthy: 0, degraded: 0 }];
    expect(priorityLoads(dead, { ...ENVOY, panicThreshold: 0 })).toEqual([{ healthy: 0, degraded: 0, panic: false }]);
    expect(priorityLoads(dead, ENVOY)).toEqual([{ healthy: 1, degraded: 0, panic: true }]);
  });
});

describe("nearness", () => {
  const at = (region: string, zone: string, subZone = ""): Locality => ({ region, zone, subZone });
  test.each([
    [at("eu", "a"), at("eu", "a"), 0],
    [at("eu", "b"), at("eu", "a"), 1],
    [at("us", "a"), at("eu", "a"), 2],
    [at("us", "a"), at("eu", ""), 1],
    [at("eu", "b"), at("eu", ""), 0],
    [at("us", "b"), at("", ""), 0],
    [at("eu", "a", "1"), at("eu", "a", "2"), 1],
  ])("%p from %p is %d", (locality, origin, distance) => {
    expect(distanceOf(locality, origin)).toBe(distance);
  });
});

interface Host {
  readonly id: string;
  readonly health?: BackendSpec["health"];
  readonly priority?: number;
  readonly zone?: string;
}

function setUp(hosts: readonly Host[], panicThreshold = 0.5) {
  const placed = new Map<string, Host>();
  const specs = (given: readonly Host[]): BackendSpec[] =>
    given.map((host) => {
      placed.set(host.id, host);
      return { id: host.id, address: "10.0.0.1:80", weight: 1, health: host.health ?? "healthy" };
    });
  const balancer = new FailoverBalancer(specs(hosts), {
    balancerFor: () => new RoundRobinBalancer(),
    placementOf: ({ id }) => ({
      priority: placed.get(id)?.priority ?? 0,
      locality: { region: "eu", zone: placed.get(id)?.zone ?? "a", subZone: "" },
    }),
    origin: { region: "eu", zone: "a", subZone: "" },
    rng: seededRng(7),
    panicThreshold,
  });
  const counts = (picks: number): Record<string, number> => {
    const seen: Record<string, number> = {};
    for (let n = 0; n < picks; n++) {
      const id = balancer.select(REQUEST)?.id ?? "nobody";
      seen[id] = (seen[id] ?? 0) + 1;
    }
    return seen;
  };
  return { balancer, counts, update: (next: readonly Host[]) => balancer.updateBackends(specs(next)) };
}

describe("FailoverBalancer", () => {
  test("all in the own zone and first priority, while that is well", () => {
    const { counts } = setUp([{ id: "a" }, { id: "b" }, { id: "far", zone: "b" }, { id: "spare", priority: 1 }]);
    expect(counts(100)).toEqual({ a: 50, b: 50 });
  });

  test("half a zone down: 70 % stay, the rest goes to the next zone, nothing to the spare priority", () => {
    const { counts } = setUp([
      { id: "a" },
      { id: "b", health: "unhealthy" },
      { id: "far", zone: "b" },
      { id: "spare", priority: 1 },
    ]);
    const seen = counts(10_000);
    expect(Object.keys(seen).sort()).toEqual(["a", "far"]);
    expect(Math.abs((seen["a"] ?? 0) / 10_000 - 0.7)).toBeLessThan(0.02);
  });

  test("the whole first priority down: the spare one takes all", () => {
    const { counts } = setUp([
      { id: "a", health: "unhealthy" },
      { id: "far", zone: "b", health: "unhealthy" },
      { id: "spare", priority: 1 },
    ]);
    expect(counts(100)).toEqual({ spare: 100 });
  });

  test("degraded hosts are used when no healthy one is left, and come back as themselves", () => {
    const { balancer, counts } = setUp(
      [
        { id: "a", health: "degraded" },
        { id: "b", health: "unhealthy" },
      ],
      0,
    );
    expect(counts(10)).toEqual({ a: 10 });
    expect(balancer.select(REQUEST)?.health).toBe("degraded");
  });

  test("panic: all hosts, unhealthy ones too, because the few that are left would fall", () => {
    const hosts = ["a", "b", "c", "d"].map((id): Host => ({ id, health: id === "a" ? "healthy" : "unhealthy" }));
    expect(setUp(hosts).counts(100)).toEqual({ a: 25, b: 25, c: 25, d: 25 });
    expect(setUp(hosts, 0).counts(100)).toEqual({ a: 100 });
  });

  test("nobody: undefined", () => {
    expect(setUp([]).counts(1)).toEqual({ nobody: 1 });
    expect(setUp([{ id: "a", health: "unhealthy" }], 0).counts(1)).toEqual({ nobody: 1 });
  });

  test("what was learned survives a change of health", () => {
    const clock = new ManualClock();
    const specs = (health: BackendSpec["health"]): BackendSpec[] =>
      ["slow", "fast"].map((id) => ({ id, address: "10.0.0.1:80", weight: 1, health }));
    const balancer = new FailoverBalancer(specs("healthy"), {
      balancerFor: () => new P2cBalancer([], { clock, rng: seededRng(5) }),
      placementOf: () => ({ priority: 0, locality: { region: "", zone: "", subZone: "" } }),
      rng: seededRng(3),
      panicThreshold: 0,
    });
    balancer.updateBackends(specs("degraded"));
    for (const [backendId, latencyMs] of [
      ["slow", 900],
      ["fast", 5],
    ] as const)
      balancer.recordResult({ backendId, success: true, latencyMs });
    balancer.updateBackends(specs("healthy"));
    expect(Array.from({ length: 5 }, () => balancer.select(REQUEST)?.id)).toEqual(Array(5).fill("fast"));
  });

  test("a bad list changes nothing", () => {
    const { balancer, counts, update } = setUp([{ id: "a" }]);
    expect(() => update([{ id: "b" }, { id: "b" }])).toThrow(expect.objectContaining({ code: "ERR_INVALID_BACKENDS" }));
    expect(counts(3)).toEqual({ a: 3 });
    expect(balancer.name).toBe("failover");
  });
});
