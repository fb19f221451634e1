import { describe, expect, test } from "@jest/globals";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { type Checkpoint, checkpointSchema } from "../../../src/control/checkpoint.js";
import { type Decision, ServiceController } from "../../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import { withheldShare } from "../../../src/control/withheld-share.js";
import type { Freeze } from "../../../src/model/freeze.js";
import type { InstanceId } from "../../../src/model/ids.js";
import type { PlanEntry } from "../../../src/model/plan.js";
import { type Host, host, Plant, type PlantOptions, SERVICE } from "../../harness/plant.js";

const FREEZE: Freeze = { reason: "black friday", frozenAtMs: 0, expiresAtMs: undefined };
const ENFORCE = { mode: "enforce", blend: 1 } as const;
const SHADOW = { mode: "shadow", blend: 1 } as const;

const mixed = (): Host[] => [1, 2, 4].map((slots, i) => host(`h${i}`, slots));
const entryOf = ({ plan }: Decision, id: string): PlanEntry => {
  const entry = plan.entries.find(({ instance }) => instance === id);
  if (entry === undefined) throw new Error(`no ${id}`);
  return entry;
};
const weightsOf = ({ plan }: Decision): ReadonlyMap<string, number> =>
  new Map(plan.entries.map(({ instance, weight }) => [instance, weight]));
const learned = (options: Partial<PlantOptions> = {}): Plant => {
  const plant = new Plant({ hosts: mixed(), rps: 220, ...options });
  plant.run(40);
  return plant;
};
const hostOf = (plant: Plant, id: string): Host => {
  const found = plant.hosts.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};
const expectExplained = ({ plan }: Decision): void => {
  const serving = plan.entries.filter(({ share }) => share > 0);
  expect(serving.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  for (const { share, factors } of serving)
    expect(factors.reduce((product, { value }) => product * value, 1) / share).toBeCloseTo(1, 9);
};

describe("freeze", () => {
  test("weights stay to the digit through faults, and the plan says who froze them and what the loop would do", () => {
    const plant = learned();
    const before = weightsOf(plant.decision);
    plant.freeze(FREEZE);
    const pushes = plant.pushes;
    hostOf(plant, "h2").errorRate = 1;
    for (const { decision } of plant.run(20)) {
      expect(decision.plan.mode).toBe("frozen");
      expect(decision.plan.freeze).toEqual(FREEZE);
      expectExplained(decision);
    }
    expect(plant.pushes).toBe(pushes);
    expect(weightsOf(plant.decision)).toEqual(before);
    const { share, shadowShare, shadowWeight, reasons, factors } = entryOf(plant.decision, "h2");
    expect(shadowShare).toBeLessThan(0.1 * share);
    expect(shadowWeight).toBeGreaterThanOrEqual(1);
    expect(reasons[0]).toMatch(/failing/);
    expect(factors.at(-1)).toMatchObject({ name: "frozen", note: "held by an operator: black friday" });
    expect(withheldShare(plant.decision.plan)).toBeGreaterThan(0.3);
    const explanation = plant.controller.explain("h2" as InstanceId);
    expect(explanation).toMatchObject({ mode: "frozen", freeze: FREEZE, shadowShare, shadowWeight });
  });

  test("a newcomer gets its fair share, nobody else's weight moves, and health still goes out", () => {
    const plant = learned();
    const before = weightsOf(plant.decision);
    plant.freeze(FREEZE);
    plant.run(1);
    plant.hosts.push(host("h3", 2));
    plant.catalogueChanged();
    const joined = weightsOf(plant.decision);
    for (const [id, weight] of before) expect(joined.get(id)).toBe(weight);
    expect(entryOf(plant.decision, "h3").share).toBeCloseTo(1 / 4, 9);
    expectExplained(plant.decision);

    plant.run(1);
    hostOf(plant, "h1").health = "DRAINING";
    plant.catalogueChanged();
    expect(entryOf(plant.decision, "h1")).toMatchObject({ health: "DRAINING", share: 0 });
    expect(weightsOf(plant.decision)).toEqual(joined);
    plant.run(1);
    hostOf(plant, "h1").health = "HEALTHY";
    plant.catalogueChanged();
    expect(weightsOf(plant.decision)).toEqual(joined);
    expect(entryOf(plant.decision, "h3").share).toBeCloseTo(1 / 4, 9);
  });

  test("the newcomer's traffic is its share too: its weight follows the law that made the others'", () => {
    const plant = learned({ rps: 120 });
    plant.freeze(FREEZE);
    plant.hosts.push(host("h3", 4));
    plant.run(1);
    plant.catalogueChanged();
    const { shares } = plant.run(5).at(-1) ?? {};
    expect(shares?.get("h3")).toBeGreaterThan(0.8 / 4);
    expect(shares?.get("h3")).toBeLessThan(1.2 / 4);
  });

  test("one that was out of the pool when the weights were frozen comes in as a newcomer", () => {
    const plant = new Plant({ hosts: [...mixed(), { ...host("h3", 1), health: "DRAINING" }], rps: 220 });
    plant.run(40);
    plant.freeze(FREEZE);
    hostOf(plant, "h3").health = "HEALTHY";
    plant.run(1);
    plant.catalogueChanged();
    expect(entryOf(plant.decision, "h3").share).toBeCloseTo(1 / 4, 9);
    expect(entryOf(plant.decision, "h3").weight).toBeGreaterThan(1_000);
  });

  test("frozen before anybody was there: everybody by registered weight", () => {
    const plant = new Plant({ hosts: [], rps: 0 });
    plant.freeze(FREEZE);
    plant.hosts.push(...mixed());
    plant.nowMs += 1_000;
    plant.catalogueChanged();
    expect([...weightsOf(plant.decision).values()]).toEqual([100, 100, 100]);
  });

  test("lifted: nothing moves until the next round, then step by step towards what was learned", () => {
    const plant = learned();
    plant.freeze(FREEZE);
    hostOf(plant, "h2").serviceMs = 30;
    plant.run(40);
    const frozen = entryOf(plant.decision, "h2").share;
    const pushes = plant.pushes;
    plant.freeze(undefined);
    expect(plant.pushes).toBe(pushes);
    expect(plant.decision.plan.freeze).toBeUndefined();
    expect(plant.decision.plan.mode).toBe("frozen");
    let previous = new Map(plant.decision.plan.entries.map(({ instance, share }) => [instance as string, share]));
    for (const { decision } of plant.run(10)) {
      expect(decision.plan.mode).toBe("normal");
      const moved = decision.plan.entries.reduce(
        (sum, { instance, share }) => sum + Math.abs(share - (previous.get(instance) ?? 0)) / 2,
        0,
      );
      expect(moved).toBeLessThan(0.15);
      previous = new Map(decision.plan.entries.map(({ instance, share }) => [instance as string, share]));
    }
    expect(entryOf(plant.decision, "h2").share).toBeLessThan(frozen);
    hostOf(plant, "h2").serviceMs = 20;
    plant.run(60);
    expect(entryOf(plant.decision, "h2").share / frozen).toBeGreaterThan(0.7);
  });

  test("a long freeze under a lasting difference does not wind the integrator up: what it would do settles", () => {
    const plant = new Plant({ hosts: [2, 2, 2].map((slots, i) => host(`h${i}`, slots)), rps: 60 });
    plant.run(20);
    plant.freeze(FREEZE);
    hostOf(plant, "h0").serviceMs = 60;
    const ratioAfter = (seconds: number): number => {
      plant.run(seconds);
      return (entryOf(plant.decision, "h1").shadowShare ?? 0) / (entryOf(plant.decision, "h0").shadowShare ?? 1);
    };
    const early = ratioAfter(90);
    expect(early).toBeGreaterThan(1.3);
    expect(early).toBeLessThan(8);
    expect(ratioAfter(90) / early).toBeLessThan(1.3);
  });

  test("a static policy goes on at once when it is lifted", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, algorithm: "weighted-round-robin" });
    plant.freeze(FREEZE);
    plant.run(2);
    plant.freeze(undefined);
    expect(plant.decision.plan.mode).toBe("normal");
  });

  const restarted = (before: Plant, freeze: Freeze | undefined): { controller: ServiceController; first: Decision } => {
    const restored: Checkpoint = checkpointSchema.parse(JSON.parse(JSON.stringify(before.controller.checkpoint())));
    const controller = new ServiceController(
      before.controller.snapshot,
      bindPolicy({ algorithm: "adaptive", settings: {} }),
      { service: SERVICE, settings: DEFAULT_CONTROL_SETTINGS, restored, freeze },
    );
    return { controller, first: controller.onTimer(0, 0) };
  };

  test("survives a restart: same weights, and one that was away finds its own again", () => {
    const before = learned();
    before.freeze(FREEZE);
    const weights = weightsOf(before.decision);
    hostOf(before, "h1").health = "DRAINING";
    before.run(1);
    before.catalogueChanged();
    const { controller, first } = restarted(before, FREEZE);
    expect(first).toMatchObject({ pushed: undefined, plan: { mode: "frozen", freeze: FREEZE } });
    expect(weightsOf(first)).toEqual(weights);
    const after = new Plant({ hosts: mixed(), rps: 220, controller });
    after.run(10);
    after.catalogueChanged();
    expect(after.pushes).toBe(1);
    expect(weightsOf(after.decision)).toEqual(weights);
    expect(entryOf(after.decision, "h1").share).toBeGreaterThan(0.1);
  });

  test("that ended while the server was down ends as any other: at the speed of the loop", () => {
    const before = learned();
    before.freeze(FREEZE);
    const { first } = restarted(before, undefined);
    expect(first.pushed).toBeUndefined();
    expect(weightsOf(first)).toEqual(weightsOf(before.decision));
  });
});

describe("shadow", () => {
  test("registered weights are in force at once, what the loop computes is shown and settles", () => {
    const plant = learned();
    plant.nowMs += 500;
    plant.controlChanged(SHADOW);
    expect(plant.decision).toMatchObject({ pushed: "members", plan: { mode: "shadow" } });
    for (const { decision } of plant.run(100)) {
      expect(decision.plan.mode).toBe("shadow");
      expect(new Set(weightsOf(decision).values())).toEqual(new Set([100]));
      expectExplained(decision);
    }
    const { share, shadowShare, factors } = entryOf(plant.decision, "h2");
    expect(share).toBeCloseTo(1 / 3, 9);
    expect(shadowShare).toBeGreaterThan(0.4);
    expect(shadowShare).toBeLessThan(0.8);
    expect(factors.at(-1)).toMatchObject({ name: "shadow" });
    const shadows = plant.decision.plan.entries.map((entry) => entry.shadowShare ?? 0);
    expect(shadows.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
  });

  test("unequal registered weights are in force as they are", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: SHADOW });
    plant.run(5);
    expect(plant.decision.plan.entries.map(({ share }) => share)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    const snapshot = plant.controller.snapshot;
    const instances = snapshot.instances.map((instance, i) => ({ ...instance, weight: 100 * (i + 1) }));
    const bound = bindPolicy({ algorithm: "adaptive", settings: {} });
    const { plan } = plant.controller.onCatalogue({ ...snapshot, instances }, bound, 9_000, 9_000);
    expect(plan.entries.map(({ share }) => Number(share.toFixed(6)))).toEqual([0.166667, 0.333333, 0.5]);
  });

  test("a fault is seen and not acted upon", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: SHADOW });
    plant.run(10);
    const pushes = plant.pushes;
    hostOf(plant, "h1").errorRate = 1;
    plant.run(10);
    expect(plant.pushes).toBe(pushes);
    expect(entryOf(plant.decision, "h1").share).toBeCloseTo(1 / 3, 9);
    expect(entryOf(plant.decision, "h1").shadowShare).toBeLessThan(0.05);
  });

  test("enforced: from the registered weights on, at the speed of the loop, to where it ends without shadow", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: SHADOW });
    plant.run(60);
    const pushes = plant.pushes;
    plant.controlChanged(ENFORCE);
    expect(plant.pushes).toBe(pushes);
    const [first] = plant.run(1);
    const moved = first?.decision.plan.entries.reduce((sum, { share }) => sum + Math.abs(share - 1 / 3) / 2, 0);
    expect(moved).toBeLessThan(0.15);
    plant.run(60);
    const straight = learned();
    straight.run(60);
    for (const id of ["h0", "h1", "h2"]) {
      const ratio = entryOf(plant.decision, id).share / entryOf(straight.decision, id).share;
      expect(ratio).toBeGreaterThan(0.7);
      expect(ratio).toBeLessThan(1.4);
    }
    expect(entryOf(plant.decision, "h2").shadowShare).toBeUndefined();
  });

  test("a freeze wins over it, and holds what shadow had put in force", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: SHADOW });
    plant.run(5);
    plant.freeze(FREEZE);
    plant.run(5);
    expect(plant.decision.plan.mode).toBe("frozen");
    expect(new Set(weightsOf(plant.decision).values())).toEqual(new Set([100]));
    plant.freeze(undefined);
    expect(plant.decision.plan.mode).toBe("shadow");
  });
});

describe("blend", () => {
  const shareAt = (blend: number): number => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: { mode: "enforce", blend } });
    for (const { decision } of plant.run(90)) expectExplained(decision);
    return entryOf(plant.decision, "h2").share;
  };

  test("0 is by registered weight, 1 fully dynamic, between them between", () => {
    const [none, half, full] = [shareAt(0), shareAt(0.5), shareAt(1)];
    expect(none).toBeCloseTo(1 / 3, 9);
    expect(half).toBeGreaterThan(none + 0.03);
    expect(half).toBeLessThan(full - 0.03);
  });

  test("has a factor of its own", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: { mode: "enforce", blend: 0.25 } });
    plant.run(60);
    const blend = entryOf(plant.decision, "h2").factors.find(({ name }) => name === "blend");
    expect(blend?.note).toBe("25 % dynamic, the rest by registered weight");
    expect(blend?.value).toBeLessThan(1);
  });

  test("turned up later it starts from what is in force, and ends where it would have ended", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220, control: { mode: "enforce", blend: 0.1 } });
    plant.run(90);
    const before = entryOf(plant.decision, "h2").share;
    plant.controlChanged(ENFORCE);
    expect(entryOf(plant.decision, "h2").share).toBe(before);
    plant.run(60);
    const ratio = entryOf(plant.decision, "h2").share / shareAt(1);
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
  });
});
