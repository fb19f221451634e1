// What data planes in different zones are told of a service whose callers are sent to instances near them.
import { describe, expect, test } from "@jest/globals";
import { Cluster } from "../../../src/gen/envoy/config/cluster/v3/cluster.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import type { LocalityLbEndpoints } from "../../../src/gen/envoy/config/endpoint/v3/endpoint_components.js";
import type { HealthStatus } from "../../../src/model/health.js";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import type { PlanLocalities } from "../../../src/model/plan.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import type { DataPlane } from "../../../src/translate/data-plane.js";
import type { PlannedService } from "../../../src/translate/planned-service.js";
import { ASSIGNMENT_TYPE, CLUSTER_TYPE } from "../../../src/translate/resource.js";
import { variantOf } from "../../../src/translate/service-resources.js";
import { catalogueInstance } from "../../harness/instance.js";
import { planEntry, weightPlan } from "../../harness/plan.js";
import { translated } from "../../harness/translated.js";
import { CHECKOUT } from "./fixtures.js";

const LOCALITIES: PlanLocalities = {
  prefer: "zone",
  levels: [
    {
      priority: 0,
      zones: [
        { region: "r", zone: "a", capacity: 0.25, demand: 0.5, share: 0.4, sends: [0.7, 0.3], degradedPart: 0 },
        { region: "r", zone: "b", capacity: 0.75, demand: 0.5, share: 0.6, sends: [0.1, 0.9], degradedPart: 0 },
      ],
      elsewhere: [0.2, 0.8],
    },
  ],
};

/** One instance in zone a with a share of 0.4, and one or more that have 0.6 together in zone b. */
function service(
  failover: object = { locality: {} },
  localities: PlanLocalities | "unknown" = LOCALITIES,
  inB: readonly HealthStatus[] = ["HEALTHY"],
): PlannedService {
  const place = (zone: string, subZone: string) => ({ locality: { region: "r", zone, subZone } });
  const instances = [
    catalogueInstance(CHECKOUT, "a", { port: 9_000, ...place("a", "rack-1") }),
    ...inB.map((health, i) =>
      catalogueInstance(CHECKOUT, `b${i}`, { port: 9_100 + i, health, ...place("b", `rack-${i}`) }),
    ),
  ];
  const up = inB.filter((health) => health === "HEALTHY").length;
  const shareOf = ({ id, health }: CatalogueInstance): number => {
    if (id === "a") return 0.4;
    return health === "HEALTHY" ? 0.6 / up : 0;
  };
  const plan = weightPlan(
    CHECKOUT,
    instances.map((instance) => planEntry(instance, { share: shareOf(instance) })),
    localities === "unknown" ? {} : { localities },
  );
  const policy = servicePolicySchema.parse({ failover });
  return { snapshot: { service: CHECKOUT, policy, instances, revision: 1, declared: false }, plan };
}

const plane = (zone: string, client: DataPlane["client"] = "envoy"): DataPlane => ({
  client,
  mode: "full",
  locality: { region: zone === "" ? "" : "r", zone },
});

function groups(of: PlannedService, to: DataPlane): readonly LocalityLbEndpoints[] {
  const { bytes } = translated(of, to).find(({ typeUrl }) => typeUrl === ASSIGNMENT_TYPE) ?? {};
  return ClusterLoadAssignment.decode(bytes ?? new Uint8Array()).endpoints;
}

/** Weight of each locality by `region/zone/subZone`. */
const weights = (of: PlannedService, to: DataPlane) =>
  Object.fromEntries(
    groups(of, to).map(({ locality, loadBalancingWeight }) => [
      `${locality?.region}/${locality?.zone}/${locality?.subZone}`,
      loadBalancingWeight,
    ]),
  );

describe("Envoy", () => {
  test("is told what callers where it stands send to each zone", () => {
    expect(weights(service(), plane("a"))).toEqual({ "r/a/": 70_000, "r/b/": 30_000 });
    expect(weights(service(), plane("b"))).toEqual({ "r/a/": 10_000, "r/b/": 90_000 });
    for (const zone of ["", "c"]) expect(weights(service(), plane(zone))).toEqual({ "r/a/": 20_000, "r/b/": 80_000 });
  });

  test("multiplies a locality by its healthy part times the head room: that is in the plan already, and taken out", () => {
    const half = service({ locality: {} }, LOCALITIES, ["HEALTHY", "UNHEALTHY"]);
    expect(weights(half, plane("a"))).toEqual({ "r/a/": 70_000, "r/b/": Math.round(30_000 / 0.7) });
    const tight = service({ locality: {}, overprovisioningPercent: 100 }, LOCALITIES, ["HEALTHY", "DRAINING"]);
    expect(weights(tight, plane("a"))).toEqual({ "r/a/": 70_000, "r/b/": 60_000 });
    const degraded = service({ locality: {} }, LOCALITIES, ["DEGRADED", "UNHEALTHY"]);
    expect(weights(degraded, plane("a"))["r/b/"]).toBe(Math.round(30_000 / 0.7));
  });

  test("a zone in which nobody takes traffic has no weight; one that is sent nothing has the least", () => {
    expect(weights(service({ locality: {} }, LOCALITIES, ["UNHEALTHY"]), plane("a"))["r/b/"]).toBeUndefined();
    const [level] = LOCALITIES.levels;
    const none = { ...LOCALITIES, levels: level === undefined ? [] : [{ ...level, elsewhere: [1, 0] }] };
    expect(weights(service({ locality: {} }, none), plane(""))).toEqual({ "r/a/": 100_000, "r/b/": 1 });
  });

  test("is told of a zone with degraded instances only what it shall get of what goes to degraded ones", () => {
    const [level] = LOCALITIES.levels;
    const zones = level?.zones.map((zone, i) => ({ ...zone, sends: [1, 0], degradedPart: i === 0 ? 0 : 0.5 })) ?? [];
    const only = { ...LOCALITIES, levels: level === undefined ? [] : [{ ...level, zones, elsewhere: [1, 0] }] };
    const of = service({ locality: {} }, only, ["DEGRADED"]);
    for (const zone of ["a", "b", ""]) expect(weights(of, plane(zone))).toEqual({ "r/a/": 100_000, "r/b/": 50_000 });
  });

  test("draws a locality first only where the policy prefers near ones", () => {
    const cluster = (of: PlannedService) => {
      const { bytes } = translated(of, plane("a")).find(({ typeUrl }) => typeUrl === CLUSTER_TYPE) ?? {};
      return Cluster.decode(bytes ?? new Uint8Array()).commonLbConfig?.localityConfigSpecifier?.$case;
    };
    expect(cluster(service())).toBe("localityWeightedLbConfig");
    expect(cluster(service({}))).toBeUndefined();
    expect(weights(service({}), plane("a"))).toEqual({ "r/a/rack-1": 100, "r/b/rack-0": 100 });
  });

  test("before the plan knows zones, all of a priority are one locality", () => {
    const [group, ...rest] = groups(service({ locality: {} }, "unknown"), plane("a"));
    expect(rest).toEqual([]);
    expect(group?.lbEndpoints).toHaveLength(2);
    expect(group?.loadBalancingWeight).toBe(100_000);
  });
});

describe("a gRPC client", () => {
  test("has the shares that callers where it stands are to send", () => {
    expect(Object.values(weights(service(), plane("a", "grpc")))).toEqual([700_000_000, 300_000_000]);
    expect(Object.values(weights(service(), plane("", "grpc")))).toEqual([200_000_000, 800_000_000]);
  });
});

test("resources are shared by all that stand in one zone, or in one region, or by all where distance plays no part", () => {
  const variants = (failover: object) =>
    ["a", "b", ""].map((zone) => variantOf(plane(zone), servicePolicySchema.parse({ failover })));
  expect(new Set(variants({}))).toEqual(new Set(["envoy"]));
  expect(new Set(variants({ locality: {} })).size).toBe(3);
  expect(variants({ locality: { prefer: "region" } })).toEqual(['envoy@["r",""]', 'envoy@["r",""]', 'envoy@["",""]']);
});
