// Whatever priorities, healths and weights a service has, and however they change: its plan says what Envoy does.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { bindPolicy } from "../../../src/balancers/registry.js";
import { type Decision, ServiceController } from "../../../src/control/service-controller.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import { parseServiceName } from "../../../src/model/ids.js";
import { type ServiceSnapshot, servicePolicySchema } from "../../../src/model/service.js";
import { catalogueInstance } from "../../harness/instance.js";

const SERVICE = parseServiceName("shop");
const member = fc.record({
  id: fc.integer({ min: 0, max: 9 }),
  health: fc.constantFrom("HEALTHY", "DEGRADED", "UNHEALTHY", "TIMEOUT", "DRAINING"),
  priority: fc.integer({ min: 0, max: 3 }),
  weight: fc.integer({ min: 1, max: 65_535 }),
});
const failover = fc.record({
  panicThresholdPercent: fc.constantFrom(0, 20, 50, 100),
  overprovisioningPercent: fc.constantFrom(100, 140, 1_000),
});
const snapshots = fc
  .tuple(
    fc.constantFrom("adaptive", "weighted-round-robin", "round-robin"),
    fc.array(fc.tuple(fc.uniqueArray(member, { selector: ({ id }) => id, minLength: 1, maxLength: 10 }), failover), {
      minLength: 1,
      maxLength: 4,
    }),
  )
  .map(([algorithm, states]) =>
    states.map(
      ([members, given]): ServiceSnapshot => ({
        service: SERVICE,
        policy: servicePolicySchema.parse({ algorithm, failover: given }),
        instances: members
          .map(({ id, ...rest }) => catalogueInstance(SERVICE, `i${id}`, { port: 9_000 + id, ...rest }))
          .sort((a, b) => (a.id < b.id ? -1 : 1)),
        revision: 1,
        declared: true,
      }),
    ),
  );

function isSound({ plan }: Decision): void {
  const near = (value: number, expected: number): void => expect(Math.abs(value - expected)).toBeLessThan(1e-9);
  const levelSum = plan.levels.reduce((sum, { share, degradedShare }) => sum + share + degradedShare, 0);
  const shareSum = plan.entries.reduce((sum, { share }) => sum + share, 0);
  near(levelSum, levelSum > 0.5 ? 1 : 0);
  near(shareSum, levelSum);
  for (const { priority, share, degradedShare, panic } of plan.levels) {
    const inLevel = plan.entries.filter((entry) => entry.priority === priority);
    const sumOf = (entries: typeof inLevel): number => entries.reduce((sum, entry) => sum + entry.share, 0);
    near(sumOf(inLevel), share + degradedShare);
    if (!panic) near(sumOf(inLevel.filter(({ health }) => health === "DEGRADED")), degradedShare);
  }
  for (const { share, weight, factors, reasons } of plan.entries) {
    expect(Number.isInteger(weight) && weight >= 1).toBe(true);
    if (share > 0) near(factors.reduce((product, { value }) => product * value, 1) / share, 1);
    else expect(reasons).toHaveLength(1);
  }
}

test("levels and shares add up to 1 and to each other, and every share is the product of its factors", () => {
  fc.assert(
    fc.property(snapshots, ([first, ...rest]) => {
      if (first === undefined) throw new Error("no snapshot");
      const bound = bindPolicy(first.policy);
      const controller = new ServiceController(first, bound, { service: SERVICE, settings: DEFAULT_CONTROL_SETTINGS });
      isSound(controller.onTimer(0, 0));
      for (const [i, snapshot] of rest.entries()) {
        const nowMs = 10_000 * (i + 1);
        isSound(controller.onCatalogue(snapshot, bound, nowMs, nowMs));
      }
    }),
  );
});
