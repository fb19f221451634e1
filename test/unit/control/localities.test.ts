// Plans of services whose callers are sent to zones near them: what moves traffic between zones, and what does not.
import { describe, expect, test } from "@jest/globals";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { checkpointSchema } from "../../../src/control/checkpoint.js";
import { ServiceController } from "../../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { HealthStatus } from "../../../src/model/health.js";
import type { InstanceId } from "../../../src/model/ids.js";
import type { EndpointLoad, LoadRound } from "../../../src/model/load.js";
import type { PlanZone, WeightPlan } from "../../../src/model/plan.js";
import { type ServicePolicy, type ServiceSnapshot, servicePolicySchema } from "../../../src/model/service.js";
import { catalogueInstance } from "../../harness/instance.js";
import { SERVICE } from "../../harness/plant.js";

interface Member {
  readonly zone: string;
  readonly health?: HealthStatus;
  readonly weight?: number;
  readonly priority?: number;
}

const TWO_EACH: readonly Member[] = [{ zone: "a" }, { zone: "a" }, { zone: "b" }, { zone: "b" }];

interface Faults {
  readonly failing?: readonly string[];
  readonly slow?: readonly string[];
}

/** One service and the clock of its loop; instances are `i0`, `i1`, ... in the order of the members. */
class World {
  readonly controller: ServiceController;
  readonly policy: ServicePolicy;
  readonly #bound;
  plan: WeightPlan;
  pushes: (string | undefined)[] = [];
  nowMs = 0;

  constructor(members: readonly Member[], given: object = {}, checkpoint?: unknown) {
    this.policy = servicePolicySchema.parse({ algorithm: "adaptive", failover: { locality: {} }, ...given });
    this.#bound = bindPolicy(this.policy);
    this.controller = new ServiceController(this.snapshot(members), this.#bound, {
      service: SERVICE,
      settings: DEFAULT_CONTROL_SETTINGS,
      ...(checkpoint === undefined ? {} : { restored: checkpointSchema.parse(checkpoint) }),
    });
    this.plan = this.#take(this.controller.onTimer(0, 0));
  }

  snapshot(members: readonly Member[], policy = this.policy): ServiceSnapshot {
    const instances = members.map(({ zone, ...given }, i) =>
      catalogueInstance(SERVICE, `i${i}`, {
        port: 9_000 + i,
        locality: { region: "r", zone, subZone: `${i}` },
        ...given,
      }),
    );
    return { service: SERVICE, policy, instances, revision: 1, declared: false };
  }

  change(members: readonly Member[], policy = this.policy): void {
    this.nowMs += 200;
    const snapshot = this.snapshot(members, policy);
    this.plan = this.#take(this.controller.onCatalogue(snapshot, this.#bound, this.nowMs, this.nowMs));
  }

  /** Seconds with these requests per second from each zone, all instances alike but for those that fail or are slow. */
  run(seconds: number, from: Readonly<Record<string, number>>, faults: Faults = {}): void {
    for (let i = 0; i < seconds; i++) {
      this.nowMs += 1_000;
      this.plan = this.#take(this.controller.onRound(this.#round(from, faults), this.nowMs, this.nowMs));
    }
  }

  #round(from: Readonly<Record<string, number>>, { failing = [], slow = [] }: Faults): LoadRound {
    const total = Object.values(from).reduce((sum, rps) => sum + rps, 0);
    const loads = this.plan.entries.map(({ instance, share }): [InstanceId, EndpointLoad] => {
      const count = Math.round(total * share);
      const errors = failing.includes(instance) ? count : 0;
      return [
        instance,
        {
          instance,
          successes: count - errors,
          errors,
          issued: count,
          inFlight: 1,
          rps: count,
          errorRate: count > 0 ? errors / count : undefined,
          latencyMs: slow.includes(instance) ? 60 : 20,
          latencyCount: count - errors,
          latencySource: "envoy",
          ageMs: 0,
          confidence: count / (count + 20),
        },
      ];
    });
    return {
      service: SERVICE,
      intervalMs: 1_000,
      reporters: 2,
      workers: 2,
      origins: Object.entries(from).map(([zone, requests]) => ({ region: "r", zone, requests, workers: 1 })),
      loads: new Map(loads),
      signalMode: "L",
    };
  }

  zone(name: string, priority = 0): PlanZone & { readonly stays: number } {
    const zones = this.plan.localities?.levels.find((level) => level.priority === priority)?.zones ?? [];
    const at = zones.findIndex(({ zone }) => zone === name);
    const zone = zones[at];
    if (zone === undefined) throw new Error(`no zone ${name}`);
    return { ...zone, stays: zone.sends[at] ?? -1 };
  }

  shareOf(...instances: readonly number[]): number {
    return instances.reduce((sum, i) => sum + (this.plan.entries[i]?.share ?? 0), 0);
  }

  #take({ plan, pushed }: ReturnType<ServiceController["onTimer"]>): WeightPlan {
    if (pushed !== undefined) this.pushes.push(pushed);
    return plan;
  }
}

describe("zones by capacity and demand", () => {
  test("alike, callers keep to their zone but for probes, and nothing moves", () => {
    const world = new World(TWO_EACH);
    world.run(60, { a: 200, b: 200 });
    expect(world.zone("a")).toMatchObject({ capacity: 0.5, stays: 0.97, share: expect.closeTo(0.5, 3) });
    // Once when it turns out that each zone is called by proxies of its own: what is in flight there is theirs alone.
    expect(world.pushes).toEqual(["members", "weights"]);
  });

  test("without preference the plan knows no zones", () => {
    const world = new World(TWO_EACH, { failover: {} });
    world.run(3, { a: 200, b: 200 });
    expect(world.plan.localities).toBeUndefined();
  });

  test("a zone that loses instances spills over at once, and keeps nothing when all are gone", () => {
    const world = new World(TWO_EACH, { algorithm: "round-robin" });
    world.run(30, { a: 200, b: 200 });
    world.change([{ zone: "a", health: "DRAINING" }, { zone: "a" }, { zone: "b" }, { zone: "b" }]);
    expect(world.zone("a").stays).toBeCloseTo(((1.1 * (1 / 3)) / 0.5) * 0.97, 2);
    expect(world.shareOf(1)).toBeCloseTo(world.zone("a").share, 9);
    world.change(TWO_EACH.map((member) => (member.zone === "a" ? { ...member, health: "DRAINING" as const } : member)));
    expect(world.zone("a")).toMatchObject({ stays: 0, sends: [0, 1] });
    expect(world.shareOf(2, 3)).toBeCloseTo(1, 9);
    expect(world.pushes).toEqual(["members", "weights", "members", "members"]);
  });

  test("demand is learned by and by, in few steps, whoever begins alone", () => {
    const world = new World(TWO_EACH, { algorithm: "round-robin" });
    world.run(1, { a: 300 });
    expect(world.zone("a").stays).toBe(0.97);
    world.run(90, { a: 300, b: 100 });
    expect(world.zone("a").demand).toBeCloseTo(0.75, 1);
    expect(world.zone("a").stays).toBeCloseTo((0.55 / 0.75) * 0.97, 1);
    expect(world.zone("b").stays).toBe(0.97);
    // From 97 to 71 per cent in steps of more than 2 points.
    expect(world.pushes.slice(1).every((reason) => reason === "weights")).toBe(true);
    expect(world.pushes.length).toBeLessThanOrEqual(2 + 13);
  });

  test("who stands in none of the zones is spread by what is left", () => {
    const world = new World(TWO_EACH, { algorithm: "round-robin" });
    world.run(60, { a: 300, elsewhere: 100 });
    const [toA = 0, toB = 0] = world.plan.localities?.levels[0]?.elsewhere ?? [];
    expect(toA + toB).toBeCloseTo(1, 9);
    expect(toB).toBeGreaterThan(0.9);
  });

  test("a zone with degraded instances only serves when degraded ones are drawn, and by how many they are", () => {
    const degraded = { zone: "b", health: "DEGRADED" as const };
    const world = new World([{ zone: "a" }, { zone: "a", health: "DEGRADED" }, degraded, degraded], {
      algorithm: "round-robin",
    });
    expect(world.zone("a")).toMatchObject({ capacity: 1, stays: 1, degradedPart: 0 });
    expect(world.zone("b")).toMatchObject({ stays: 0, sends: [1, 0], degradedPart: 0.5 });
    // One of four is healthy and takes 35 per cent; of the rest two parts in three are for the zone that is near.
    expect(world.shareOf(0)).toBeCloseTo(0.35, 9);
    expect(world.shareOf(1)).toBeCloseTo((0.65 * 1) / 1.5, 9);
    expect(world.shareOf(2, 3)).toBeCloseTo((0.65 * 0.5) / 1.5, 9);
  });

  test("regions are zones where regions are preferred; a standby priority has zones of its own", () => {
    const world = new World([{ zone: "a" }, { zone: "b" }, { zone: "c", priority: 1 }, { zone: "d", priority: 1 }], {
      failover: { locality: { prefer: "region" } },
    });
    expect(world.plan.localities?.levels.map(({ zones }) => zones.map(({ region, zone }) => [region, zone]))).toEqual([
      [["r", ""]],
      [["r", ""]],
    ]);
    const zoned = new World([{ zone: "a" }, { zone: "b" }, { zone: "c", priority: 1 }, { zone: "d", priority: 1 }]);
    expect(zoned.zone("c", 1).stays).toBe(0.97);
  });
});

describe("what the loop finds out", () => {
  test("a zone in which everybody fails is left but for probes, and taken back when it answers again", () => {
    const world = new World([...TWO_EACH, { zone: "b" }]);
    world.run(20, { a: 200, b: 300 });
    expect(world.zone("a").stays).toBe(0.97);
    world.run(10, { a: 200, b: 300 }, { failing: ["i0", "i1"] });
    expect(world.zone("a").stays).toBeLessThan(0.1);
    expect(world.shareOf(0, 1)).toBeGreaterThan(0);
    expect(world.shareOf(0, 1)).toBeLessThan(0.06);
    world.run(60, { a: 200, b: 300 });
    expect(world.zone("a").stays).toBeGreaterThan(0.9);
  });

  test("a zone that comes back warms up as its instances do", () => {
    const world = new World(TWO_EACH);
    world.run(20, { a: 200, b: 200 });
    const gone = TWO_EACH.map((member) => (member.zone === "a" ? { ...member, health: "DRAINING" as const } : member));
    world.change(gone);
    world.run(5, { a: 200, b: 200 });
    world.change(TWO_EACH);
    const first = world.zone("a").stays;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(0.25);
    world.run(4, { a: 200, b: 200 });
    const later = world.zone("a").stays;
    expect(later).toBeGreaterThan(first);
    expect(later).toBeLessThan(0.97);
    world.run(20, { a: 200, b: 200 });
    expect(world.zone("a").stays).toBeGreaterThan(0.95);
  });

  test("weights are compared inside a zone only: a slow zone keeps its traffic, and no share runs away", () => {
    const world = new World(TWO_EACH);
    world.run(60, { a: 200, b: 200 }, { slow: ["i0", "i1"] });
    for (const { share, factors } of world.plan.entries) {
      expect(share).toBeCloseTo(0.25, 2);
      expect(factors.reduce((product, { value }) => product * value, 1)).toBeCloseTo(share, 9);
    }
  });
});

describe("law of the operator and of restarts", () => {
  const skew = { a: 300, b: 100 };

  test("under a freeze demand moves nothing, but a zone that is gone is left", () => {
    const world = new World(TWO_EACH);
    world.run(3, { a: 200, b: 200 });
    world.controller.onFreeze({ reason: "", frozenAtMs: 0, expiresAtMs: undefined }, world.nowMs, world.nowMs);
    world.run(60, skew);
    expect(world.zone("a").stays).toBe(0.97);
    world.change(TWO_EACH.map((member) => (member.zone === "a" ? { ...member, health: "DRAINING" as const } : member)));
    expect(world.zone("a").stays).toBe(0);
  });

  test("a restart finds the split that was in force, and takes up what it knew of demand", () => {
    const world = new World(TWO_EACH, { algorithm: "round-robin" });
    world.run(60, skew);
    const checkpoint = JSON.parse(JSON.stringify(world.controller.checkpoint()));
    const again = new World(TWO_EACH, { algorithm: "round-robin" }, checkpoint);
    expect(again.pushes).toEqual([]);
    expect(again.plan.localities).toEqual(world.plan.localities);
    expect(again.plan.entries.map(({ weight }) => weight)).toEqual(world.plan.entries.map(({ weight }) => weight));
    again.run(20, skew);
    expect(again.zone("a").stays).toBeCloseTo(world.zone("a").stays, 1);
  });

  test("a preference that comes, changes or goes takes effect at once; an edit that changes nothing sends nothing", () => {
    const world = new World(TWO_EACH, { failover: {} });
    world.run(3, { a: 200, b: 200 });
    const preferring = (locality: object | undefined) =>
      servicePolicySchema.parse({ algorithm: "adaptive", failover: locality === undefined ? {} : { locality } });
    world.change(TWO_EACH, preferring({}));
    expect(world.zone("a").stays).toBe(0.97);
    world.change(TWO_EACH, preferring({ probePercent: 20 }));
    expect(world.zone("a").stays).toBe(0.8);
    const pushes = world.pushes.length;
    world.change(TWO_EACH, { ...preferring({ probePercent: 20 }) });
    expect(world.pushes).toHaveLength(pushes);
    world.change(TWO_EACH, preferring(undefined));
    expect(world.plan.localities).toBeUndefined();
  });
});
