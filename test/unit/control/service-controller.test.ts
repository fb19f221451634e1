import { describe, expect, test } from "@jest/globals";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { type Checkpoint, checkpointSchema } from "../../../src/control/checkpoint.js";
import { ServiceController } from "../../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { InstanceId } from "../../../src/model/ids.js";
import type { WeightPlan } from "../../../src/model/plan.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { host, instanceOf, Plant, SERVICE } from "../../harness/plant.js";

const mixed = () => [1, 2, 4].map((slots, i) => host(`h${i}`, slots));
const weightsOf = (plan: WeightPlan) => plan.entries.map(({ instance, weight }) => [instance, weight]);
const throughJson = (checkpoint: Checkpoint): Checkpoint =>
  checkpointSchema.parse(JSON.parse(JSON.stringify(checkpoint)));

function snapshotOf(
  hosts: readonly {
    id: string;
    health: "HEALTHY" | "DRAINING" | "TIMEOUT" | "DEGRADED";
    weight?: number;
    priority?: number;
  }[],
): ServiceSnapshot {
  const instances = hosts.map((entry, i) => ({
    ...instanceOf(entry, 9000 + i),
    weight: entry.weight ?? 100,
    priority: entry.priority ?? 0,
  }));
  return { service: SERVICE, policy: DEFAULT_SERVICE_POLICY, instances, revision: 1, declared: false };
}

function controllerOf(snapshot: ServiceSnapshot, algorithm = "adaptive") {
  const bound = bindPolicy({ algorithm, settings: {} });
  const controller = new ServiceController(snapshot, bound, { service: SERVICE, settings: DEFAULT_CONTROL_SETTINGS });
  return { controller, bound, first: controller.onTimer(0, 0) };
}

describe("every weight is explained", () => {
  test("the product of the factors is the share, in every second of a fault", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220 });
    plant.run(20);
    const slow = plant.hosts[2];
    if (slow === undefined) throw new Error("no host");
    slow.serviceMs = 200;
    for (const { decision } of plant.run(30)) {
      const { entries } = decision.plan;
      expect(entries.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
      for (const { share, factors } of entries)
        expect(factors.reduce((product, { value }) => product * value, 1) / share).toBeCloseTo(1, 6);
    }
    const explanation = plant.controller.explain("h2" as InstanceId);
    expect(explanation?.reasons[0]).toMatch(/^slow: \d+\.\d times its normal latency$/);
    expect(explanation?.factors.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["equal split", "latency trim", "latency brake"]),
    );
    expect(explanation?.history[0]?.weight).toBe(explanation?.weight);
    expect(explanation?.measuredShare).toBeGreaterThan(0);
  });

  test("an explanation read many rounds later is the one of its round", () => {
    const rounds = <T>(read: (plan: WeightPlan) => T): T[] => {
      const plant = new Plant({ hosts: Array.from({ length: 6 }, (_, i) => host(`h${i}`, 2)), rps: 300 });
      plant.run(20);
      const [failing, slow] = plant.hosts;
      if (failing === undefined || slow === undefined) throw new Error("no host");
      failing.errorRate = 0.5;
      slow.serviceMs = 200;
      return plant.run(15).map(({ decision }) => read(decision.plan));
    };
    const atOnce = rounds(({ entries }) => structuredClone(entries));
    const later = rounds((plan) => plan).map(({ entries }) => entries);
    expect(later).toEqual(atOnce);
    const names = new Set(later.flat().flatMap(({ factors }) => factors.map(({ name }) => name)));
    expect([...names]).toEqual(expect.arrayContaining(["latency brake", "errors", "latency trim", "rounding"]));
  });

  test("an instance nobody knows has no explanation", () => {
    expect(
      controllerOf(snapshotOf([{ id: "a", health: "HEALTHY" }])).controller.explain("b" as InstanceId),
    ).toBeUndefined();
  });
});

describe("restart", () => {
  test("restored weights are the last ones, and stay while signals are awaited", () => {
    const before = new Plant({ hosts: mixed(), rps: 220 });
    before.run(40);
    const checkpoint = throughJson(before.controller.checkpoint());
    const snapshot = before.controller.snapshot;
    const bound = bindPolicy({ algorithm: "adaptive", settings: {} });
    const after = new ServiceController(snapshot, bound, {
      service: SERVICE,
      settings: DEFAULT_CONTROL_SETTINGS,
      restored: checkpoint,
    });
    const decision = after.onTimer(0, 0);
    expect(decision.pushed).toBeUndefined();
    expect(decision.plan.revision).toBe(before.decision.plan.revision);
    expect(weightsOf(decision.plan)).toEqual(weightsOf(before.decision.plan));
    expect(decision.plan.mode).toBe("frozen");
  });

  test("after the restart it goes on from what it knew: a steady service sees no push", () => {
    const before = new Plant({ hosts: mixed(), rps: 220, seed: 5 });
    before.run(60);
    const checkpoint = throughJson(before.controller.checkpoint());
    const bound = bindPolicy({ algorithm: "adaptive", settings: {} });
    const restored = new ServiceController(before.controller.snapshot, bound, {
      service: SERVICE,
      settings: DEFAULT_CONTROL_SETTINGS,
      restored: checkpoint,
    });
    restored.onTimer(0, 0);
    const after = new Plant({ hosts: mixed(), rps: 220, seed: 5, controller: restored });
    after.run(10);
    expect(after.pushes).toBeLessThanOrEqual(2);
    const moved = after.decision.plan.entries.map(({ share }, i) =>
      Math.abs(share - (before.decision.plan.entries[i]?.share ?? 0)),
    );
    expect(Math.max(...moved)).toBeLessThan(0.1);
  });

  test("a checkpoint of another algorithm gives its weights as a start, not its state", () => {
    const before = new Plant({ hosts: mixed(), rps: 220 });
    before.run(20);
    const restored = { ...throughJson(before.controller.checkpoint()), policyState: "of another shape" };
    const bound = bindPolicy({ algorithm: "round-robin", settings: {} });
    const after = new ServiceController(before.controller.snapshot, bound, {
      service: SERVICE,
      settings: DEFAULT_CONTROL_SETTINGS,
      restored,
    });
    expect(weightsOf(after.onTimer(0, 0).plan).map(([, weight]) => weight)).toEqual([100, 100, 100]);
  });

  test("a checkpoint whose learning is of another shape still gives its weights", () => {
    const before = new Plant({ hosts: mixed(), rps: 220 });
    before.run(40);
    const checkpoint = throughJson(before.controller.checkpoint());
    const after = new ServiceController(
      before.controller.snapshot,
      bindPolicy({ algorithm: "adaptive", settings: {} }),
      {
        service: SERVICE,
        settings: DEFAULT_CONTROL_SETTINGS,
        restored: {
          ...checkpoint,
          policyState: { endpoints: { h0: { trim: 0.5 } } },
          modifierStates: { errors: { h0: { phase: "out" } }, brake: [], ramp: { factors: { h0: 1 } } },
        },
      },
    );
    expect(weightsOf(after.onTimer(0, 0).plan)).toEqual(weightsOf(before.decision.plan));
  });
});

describe("members and health", () => {
  test("draining: health changes at once, its weight does not, the others take its share", () => {
    const { controller, bound, first } = controllerOf(
      snapshotOf([
        { id: "a", health: "HEALTHY" },
        { id: "b", health: "HEALTHY" },
      ]),
    );
    const { plan, pushed } = controller.onCatalogue(
      snapshotOf([
        { id: "a", health: "HEALTHY" },
        { id: "b", health: "DRAINING" },
      ]),
      bound,
      5_000,
      5_000,
    );
    expect(pushed).toBe("members");
    expect(plan.revision).toBe(first.plan.revision + 1);
    expect(plan.entries.map(({ instance, weight, share, health }) => ({ instance, weight, share, health }))).toEqual([
      { instance: "a", weight: 100, share: 1, health: "HEALTHY" },
      { instance: "b", weight: 100, share: 0, health: "DRAINING" },
    ]);
    expect(plan.entries[1]?.reasons).toEqual(["draining: no new requests"]);
    expect(plan.mode).toBe("degraded");
  });

  test("two changes of members within 100 ms: the second waits, with the time to retry", () => {
    const { controller, bound } = controllerOf(snapshotOf([{ id: "a", health: "HEALTHY" }]));
    const two = snapshotOf([
      { id: "a", health: "HEALTHY" },
      { id: "b", health: "HEALTHY" },
    ]);
    const early = controller.onCatalogue(two, bound, 40, 40);
    expect(early.pushed).toBeUndefined();
    expect(early.retryInMs).toBeCloseTo(60);
    expect(early.plan.entries).toHaveLength(1);
    expect(controller.onTimer(100, 100).plan.entries).toHaveLength(2);
  });

  test("healthy ones of a worse priority come before degraded ones, and both after as much as the best can take", () => {
    const { first } = controllerOf(
      snapshotOf([
        { id: "a", health: "HEALTHY" },
        { id: "b", health: "DEGRADED" },
        { id: "c", health: "HEALTHY", priority: 1 },
      ]),
    );
    // One of two is healthy: 1.4 times a half can take 70 %.
    expect(first.plan.entries.map(({ share }) => share)).toEqual([0.7, 0, expect.closeTo(0.3, 9)]);
    expect(first.plan.entries.map(({ reasons }) => reasons)).toEqual([
      [],
      ["degraded: used when healthy ones cannot take everything"],
      ["takes 30 % that priorities before 1 cannot"],
    ]);
    const alone = controllerOf(
      snapshotOf([
        { id: "a", health: "TIMEOUT" },
        { id: "b", health: "DEGRADED" },
      ]),
    );
    expect(alone.first.plan.entries.map(({ share }) => share)).toEqual([0, 1]);
  });

  test("only silent ones left: they are served as healthy, because they may well be alive", () => {
    const { first } = controllerOf(
      snapshotOf([
        { id: "a", health: "DRAINING" },
        { id: "b", health: "TIMEOUT" },
      ]),
    );
    expect(first.plan.entries.map(({ health, share }) => ({ health, share }))).toEqual([
      { health: "DRAINING", share: 0 },
      { health: "HEALTHY", share: 1 },
    ]);
    expect(first.plan.entries[1]?.reasons[0]).toMatch(/nobody else is left/);
  });

  test("nobody usable: all stay in the plan with their health and a weight that Envoy takes", () => {
    const { first } = controllerOf(
      snapshotOf([
        { id: "a", health: "DRAINING" },
        { id: "b", health: "DRAINING" },
      ]),
    );
    expect(first.plan.entries.map(({ weight, share }) => ({ weight, share }))).toEqual([
      { weight: 100, share: 0 },
      { weight: 100, share: 0 },
    ]);
  });
});

describe("static policies", () => {
  test("weighted-round-robin gives exactly the registered proportions, and follows a change at once", () => {
    const { controller, bound, first } = controllerOf(
      snapshotOf([
        { id: "a", health: "HEALTHY", weight: 10 },
        { id: "b", health: "HEALTHY", weight: 30 },
      ]),
      "weighted-round-robin",
    );
    expect(weightsOf(first.plan)).toEqual([
      ["a", 20_000],
      ["b", 60_000],
    ]);
    const { plan, pushed } = controller.onCatalogue(
      snapshotOf([
        { id: "a", health: "HEALTHY", weight: 10 },
        { id: "b", health: "HEALTHY", weight: 31 },
      ]),
      bound,
      1_000,
      1_000,
    );
    expect(pushed).toBe("members");
    expect(plan.entries[1]?.share).toBeCloseTo(31 / 41);
  });

  test("round-robin ignores weights and faults", () => {
    const plant = new Plant({ hosts: mixed(), rps: 100, algorithm: "round-robin" });
    const failing = plant.hosts[0];
    if (failing === undefined) throw new Error("no host");
    failing.errorRate = 1;
    plant.run(10);
    expect(new Set(plant.decision.plan.entries.map(({ weight }) => weight))).toEqual(new Set([100]));
  });
});

describe("silence", () => {
  test("without reports the plan is frozen, says so, and thaws with the next round", () => {
    const plant = new Plant({ hosts: mixed(), rps: 220 });
    plant.run(20);
    const weights = weightsOf(plant.decision.plan);
    expect(plant.controller.isSilent(plant.nowMs + 2_000)).toBe(false);
    expect(plant.controller.isSilent(plant.nowMs + 4_000)).toBe(true);
    const { plan, pushed } = plant.controller.onTimer(plant.nowMs + 4_000, 0);
    expect({ mode: plan.mode, signalMode: plan.signalMode, pushed }).toEqual({
      mode: "frozen",
      signalMode: "N",
      pushed: undefined,
    });
    expect(weightsOf(plan)).toEqual(weights);
    plant.nowMs += 4_000;
    plant.run(1);
    expect(plant.decision.plan.mode).toBe("normal");
  });
});

describe("every dynamic policy", () => {
  test.each(["least-latency", "p2c"])("%s gives a slow host less, never nothing", (algorithm) => {
    const plant = new Plant({ hosts: [2, 2, 2, 2].map((slots, i) => host(`h${i}`, slots)), rps: 200, algorithm });
    plant.run(20);
    const slow = plant.hosts[1];
    if (slow === undefined) throw new Error("no host");
    slow.serviceMs = 60;
    plant.run(60);
    const share = plant.decision.plan.entries[1]?.share ?? 0;
    expect(share).toBeLessThan(0.18);
    expect(share).toBeGreaterThan(0.001);
  });
});
