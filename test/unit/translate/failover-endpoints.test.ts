// Which endpoints an assignment has when other services take over.
import { describe, expect, test } from "@jest/globals";
import { parseServiceName } from "../../../src/model/ids.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { endpointsWithFailover } from "../../../src/translate/failover-endpoints.js";
import type { PlannedService } from "../../../src/translate/planned-service.js";
import { catalogueInstance } from "../../harness/instance.js";
import { planEntry, weightPlan } from "../../harness/plan.js";

/** @param members id, port and priority of each */
function planned(
  name: string,
  services: readonly string[],
  members: readonly (readonly [string, number, number])[],
): PlannedService {
  const service = parseServiceName(name);
  const instances = members.map(([id, port, priority]) => catalogueInstance(name, id, { port, priority }));
  return {
    snapshot: {
      service,
      policy: servicePolicySchema.parse({ failover: { services } }),
      instances,
      revision: 1,
      declared: true,
    },
    plan: weightPlan(
      service,
      instances.map((instance) => planEntry(instance, { share: 1 })),
    ),
  };
}

function prioritiesOf(service: PlannedService, ...others: readonly PlannedService[]): Record<string, number> {
  const related = new Map(others.map((other) => [other.snapshot.service, other]));
  const endpoints = endpointsWithFailover(service, related, NOWHERE);
  return Object.fromEntries(endpoints.map(({ port, priority }) => [port, priority]));
}

describe("endpoints of other services", () => {
  test("come in the order of the policy, after all own priorities, with their own priorities in order", () => {
    const shop = planned(
      "shop",
      ["near", "far"],
      [
        ["a", 1, 0],
        ["b", 2, 5],
      ],
    );
    const near = planned(
      "near",
      [],
      [
        ["a", 3, 7],
        ["b", 4, 2],
      ],
    );
    const far = planned("far", [], [["a", 5, 0]]);
    expect(prioritiesOf(shop, far, near)).toEqual({ 1: 0, 2: 1, 4: 2, 3: 3, 5: 4 });
  });

  test("a service of nobody is served by the others alone", () => {
    expect(prioritiesOf(planned("shop", ["near"], []), planned("near", [], [["a", 3, 4]]))).toEqual({ 3: 0 });
  });

  test("an address that two have stays with the more preferred, once", () => {
    const shop = planned("shop", ["near"], [["a", 1, 0]]);
    expect(
      prioritiesOf(
        shop,
        planned(
          "near",
          [],
          [
            ["x", 1, 0],
            ["y", 2, 0],
          ],
        ),
      ),
    ).toEqual({ 1: 0, 2: 1 });
  });

  test("the service itself, one that is named twice, one that is gone, and circles are harmless", () => {
    const shop = planned("shop", ["shop", "near", "gone", "near"], [["a", 1, 0]]);
    const near = planned("near", ["shop"], [["b", 2, 0]]);
    expect(prioritiesOf(shop, near)).toEqual({ 1: 0, 2: 1 });
    expect(prioritiesOf(near, shop)).toEqual({ 2: 0, 1: 1 });
  });

  test("no priority exceeds what Envoy takes", () => {
    const many = Array.from({ length: 120 }, (_, i) => [`i${i}`, i + 1, i] as const);
    const shop = planned("shop", ["near"], many);
    const priorities = prioritiesOf(
      shop,
      planned(
        "near",
        [],
        many.map(([id, port, p]) => [id, port + 500, p] as const),
      ),
    );
    expect(Math.max(...Object.values(priorities))).toBe(128);
  });
});

describe("callers at a place", () => {
  const backup = (): PlannedService => {
    const { snapshot, plan } = planned("backup", [], [["x", 1, 0]]);
    const locality = { region: "r", zone: "a", subZone: "" };
    const zone = { region: "r", zone: "a", capacity: 1, demand: 1, share: 1, sends: [0.97], degradedPart: 0 };
    const levels = [{ priority: 0, zones: [zone], elsewhere: [0.5] }];
    const instances = snapshot.instances.map((instance) => ({ ...instance, locality }));
    return { snapshot: { ...snapshot, instances }, plan: { ...plan, localities: { prefer: "zone", levels } } };
  };
  const partOf = (failover: object, zone: string): unknown => {
    const shop = planned("shop", ["backup"], []);
    const policy = servicePolicySchema.parse({ failover: { services: ["backup"], ...failover } });
    const related = new Map([[parseServiceName("backup"), backup()]]);
    const service = { ...shop, snapshot: { ...shop.snapshot, policy } };
    const [found] = endpointsWithFailover(service, related, { region: "r", zone });
    return found?.localityPart;
  };

  test("reach what takes over by its own zones, as far as the service they call tells them apart", () => {
    expect(partOf({ locality: { prefer: "zone" } }, "a")).toBe(0.97);
    expect(partOf({ locality: { prefer: "zone" } }, "b")).toBe(0.5);
    for (const zone of ["a", "b"]) expect(partOf({ locality: { prefer: "region" } }, zone)).toBe(0.5);
    expect(partOf({}, "a")).toBeUndefined();
  });
});
