// Plans of services with several priorities: what Envoy sends where, and weights of their own for each.
import { describe, expect, test } from "@jest/globals";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { levelsOf } from "../../../src/control/levels.js";
import { ServiceController } from "../../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { HealthStatus } from "../../../src/model/health.js";
import { parseServiceName } from "../../../src/model/ids.js";
import { type ServiceSnapshot, servicePolicySchema } from "../../../src/model/service.js";
import { catalogueInstance } from "../../harness/instance.js";

const HEALTHS: Readonly<Record<string, HealthStatus>> = {
  h: "HEALTHY",
  d: "DEGRADED",
  x: "UNHEALTHY",
  t: "TIMEOUT",
  o: "DRAINING",
};

/** @param levels one text per priority, one letter per instance; a digit after it is its weight in hundreds */
function snapshotOf(levels: readonly string[], failover?: unknown, service = "shop"): ServiceSnapshot {
  const instances = levels.flatMap((level, priority) =>
    [...level.matchAll(/([a-z])(\d?)/g)].map(([, letter = "", hundreds = ""], i) =>
      catalogueInstance(service, `p${priority}-${i}`, {
        port: 9_000 + 100 * priority + i,
        priority,
        health: HEALTHS[letter] ?? "UNKNOWN",
        weight: 100 * Number(hundreds === "" ? 1 : hundreds),
      }),
    ),
  );
  const policy = servicePolicySchema.parse({ algorithm: "weighted-round-robin", ...(failover ? { failover } : {}) });
  return { service: parseServiceName(service), policy, instances, revision: 1, declared: true };
}

function started(snapshot: ServiceSnapshot, related: readonly ServiceSnapshot[] = []) {
  const { service } = snapshot;
  const bound = bindPolicy(snapshot.policy);
  const controller = new ServiceController(snapshot, bound, { service, settings: DEFAULT_CONTROL_SETTINGS, related });
  return { controller, bound, plan: controller.onTimer(0, 0).plan };
}

describe("what Envoy sends to each priority", () => {
  test.each([
    { levels: ["hhhh", "hh"], shares: [1, 0] },
    { levels: ["hhhx", "hh"], shares: [1, 0] }, // 75 % healthy times 1.4
    { levels: ["hhxx", "hh"], shares: [0.7, 0.3] },
    { levels: ["hooo", "hh"], shares: [0.35, 0.65] }, // those that drain count as instances of their priority
    { levels: ["xxxx", "hh"], shares: [0, 1] },
    { levels: ["hxxx", "hxxx"], shares: [0.5, 0.5] }, // short of capacity: in proportion
    { levels: ["hhxx", "hxxx", "h"], shares: [0.7, 0.3, 0] },
  ])("$levels: $shares", ({ levels, shares }) => {
    const { plan } = started(snapshotOf(levels));
    expect(plan.levels.map(({ share }) => share)).toEqual(shares.map((share) => expect.closeTo(share, 9)));
    for (const [priority, share] of shares.entries()) {
      const inLevel = plan.entries.filter((entry) => entry.priority === priority);
      expect(inLevel.reduce((sum, entry) => sum + entry.share, 0)).toBeCloseTo(share, 9);
    }
  });

  test.each([
    { levels: ["hhhd"], healthy: 1, degraded: 0 },
    { levels: ["hhdd"], healthy: 0.7, degraded: 0.3 },
    { levels: ["hddd"], healthy: 0.35, degraded: 0.65 },
    { levels: ["dddd"], healthy: 0, degraded: 1 },
  ])("$levels: $healthy to the healthy, $degraded to the degraded", ({ levels, healthy, degraded }) => {
    const { plan } = started(snapshotOf(levels));
    expect(plan.levels).toMatchObject([
      { share: expect.closeTo(healthy, 9), degradedShare: expect.closeTo(degraded, 9) },
    ]);
    const sumOf = (health: HealthStatus): number =>
      plan.entries.filter((entry) => entry.health === health).reduce((sum, { share }) => sum + share, 0);
    expect(sumOf("HEALTHY")).toBeCloseTo(healthy, 9);
    expect(sumOf("DEGRADED")).toBeCloseTo(degraded, 9);
  });

  test("the head room is the policy's", () => {
    const { plan } = started(snapshotOf(["hhhx", "hh"], { overprovisioningPercent: 100 }));
    expect(plan.levels.map(({ share }) => share)).toEqual([0.75, 0.25]);
  });

  test("below the panic threshold all get traffic, those that drain too; without a threshold nobody who is out", () => {
    const panic = started(snapshotOf(["hxox"], { panicThresholdPercent: 50 })).plan;
    expect(panic.mode).toBe("panic");
    expect(panic.entries.map(({ share, health }) => ({ share, health }))).toEqual(
      (["HEALTHY", "UNHEALTHY", "DRAINING", "UNHEALTHY"] as const).map((health) => ({ share: 0.25, health })),
    );
    expect(panic.entries[2]?.reasons[0]).toMatch(/^panic: /);
    const calm = started(snapshotOf(["hxox"])).plan;
    expect(calm.mode).toBe("degraded");
    expect(calm.entries.map(({ share }) => share)).toEqual([1, 0, 0, 0]);
  });

  test("no panic while another priority can take everything", () => {
    const { plan } = started(snapshotOf(["hxxx", "hhhh"], { panicThresholdPercent: 50 }));
    expect(plan.levels.map(({ share, panic }) => ({ share, panic }))).toEqual([
      { share: 0.35, panic: false },
      { share: 0.65, panic: false },
    ]);
  });

  test("those that missed their heartbeats are told as healthy only when nobody else is left in any priority", () => {
    expect(levelsOf(snapshotOf(["tt", "h"])).lastResort).toBe(false);
    const { plan } = started(snapshotOf(["tx", "t"]));
    expect(plan.entries.map(({ health, share }) => ({ health, share }))).toEqual([
      { health: "HEALTHY", share: 0.7 },
      { health: "UNHEALTHY", share: 0 },
      { health: "HEALTHY", share: expect.closeTo(0.3, 9) },
    ]);
  });
});

describe("weights within a priority", () => {
  test("are by registered weight in each, also where nothing is sent now", () => {
    const { plan } = started(snapshotOf(["h1h3", "h1h2"]));
    const weightsOf = (priority: number): number[] =>
      plan.entries.filter((entry) => entry.priority === priority).map(({ weight }) => weight);
    expect(weightsOf(0)).toEqual([20_000, 60_000]);
    expect(weightsOf(1)).toEqual([30_000, 60_000]);
    expect(plan.entries.map(({ share }) => share)).toEqual([0.25, 0.75, 0, 0]);
    expect(plan.entries[3]?.reasons).toEqual(["standby (priority 1)"]);
    expect(plan.mode).toBe("normal");
  });

  test("stay when traffic spills over: health changes alone, and the factors still make the share", () => {
    const before = snapshotOf(["h1h3hh", "h1h2"]);
    const { controller, bound, plan } = started(before);
    const after = snapshotOf(["h1h3xx", "h1h2"]);
    const spilled = controller.onCatalogue(after, bound, 5_000, 5_000);
    expect(spilled.pushed).toBe("members");
    const weights = ({ entries }: typeof plan): number[] => entries.map(({ weight }) => weight);
    expect(weights(spilled.plan)).toEqual(weights(plan));
    const shares = spilled.plan.entries.map(({ share }) => share);
    expect(shares).toEqual([0.175, 0.525, 0, 0, 0.1, 0.2].map((share) => expect.closeTo(share, 9)));
    for (const { share, factors } of spilled.plan.entries) {
      if (share > 0) expect(factors.reduce((product, { value }) => product * value, 1)).toBeCloseTo(share, 9);
    }
  });
});

describe("other services that take over", () => {
  const policy = { services: ["backup"] };

  test("come after all own priorities; the shares of the own instances still add up to 1", () => {
    const backup = snapshotOf(["hh"], undefined, "backup");
    const { plan } = started(snapshotOf(["hxx", "hxx"], policy), [backup]);
    expect(plan.levels.map(({ service, priority, share }) => ({ service, priority, share }))).toEqual([
      { service: undefined, priority: 0, share: expect.closeTo(1.4 / 3, 9) },
      { service: undefined, priority: 1, share: expect.closeTo(1.4 / 3, 9) },
      { service: "backup", priority: 0, share: expect.closeTo(1 - 2.8 / 3, 9) },
    ]);
    expect(plan.entries.map(({ share }) => share)).toEqual([0.5, 0, 0, 0.5, 0, 0]);
  });

  test("spare the own degraded ones, and silent ones are not trusted while they can serve", () => {
    const backup = snapshotOf(["hh"], undefined, "backup");
    const { controller, plan } = started(snapshotOf(["dt"], policy), [backup]);
    expect(plan.entries.map(({ share }) => share)).toEqual([0, 0]);
    expect(plan.levels.map(({ share }) => share)).toEqual([0, 1]);
    // The other service fails: its own degraded instance is the next best, and that is told at once.
    const failed = controller.onRelated([snapshotOf(["xx"], undefined, "backup")], 5_000, 5_000);
    expect(failed.pushed).toBe("members");
    expect(failed.plan.entries.map(({ share, health }) => ({ share, health }))).toEqual([
      { share: 1, health: "DEGRADED" },
      { share: 0, health: "TIMEOUT" },
    ]);
  });
});
