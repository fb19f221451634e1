import { describe, expect, it } from "@jest/globals";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import type { CatalogueInstance } from "../../../src/model/instance.js";
import type { PlanEntry, WeightPlan } from "../../../src/model/plan.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { FULL_ENVOY } from "../../../src/translate/data-plane.js";
import { gatewayResources } from "../../../src/translate/service-resources.js";
import { catalogueInstance } from "../../harness/instance.js";
import { planEntry, weightPlan } from "../../harness/plan.js";
import { translated } from "../../harness/translated.js";
import { CHECKOUT } from "./fixtures.js";

const instance = (id: string, port: number): CatalogueInstance =>
  catalogueInstance(CHECKOUT, id, {
    address: "10.0.0.1",
    port,
    locality: { region: "eu", zone: "a", subZone: "" },
    hostname: `${id}.internal`,
  });

const entry = (id: string, port: number, weight = 100): PlanEntry =>
  planEntry(instance(id, port), { weight, share: 0.5 });

const snapshot = (...instances: CatalogueInstance[]): ServiceSnapshot => ({
  service: CHECKOUT,
  policy: DEFAULT_SERVICE_POLICY,
  instances,
  revision: 1,
  declared: false,
});

const plan = (...entries: PlanEntry[]): WeightPlan => weightPlan(CHECKOUT, entries);

const portsOf = (bytes: Uint8Array): unknown[] =>
  ClusterLoadAssignment.decode(bytes).endpoints.flatMap(({ lbEndpoints }) =>
    lbEndpoints.map(({ hostIdentifier }) => JSON.stringify(hostIdentifier).match(/"portValue","value":(\d+)/)?.[1]),
  );

describe("resources of a service", () => {
  const both = snapshot(instance("a", 1), instance("b", 2));

  it("keep the very bytes of the Cluster, whatever happens to weights and members", () => {
    const before = translated({ snapshot: both, plan: plan(entry("a", 1), entry("b", 2)) });
    const after = translated({ snapshot: snapshot(instance("a", 1)), plan: plan(entry("a", 1, 7)) });
    expect(after[0]).toEqual(before[0]);
    expect(after[1]?.bytes).not.toEqual(before[1]?.bytes);
  });

  it("leave out what was deregistered since the plan and what has no plan yet", () => {
    const [, assignment] = translated({
      snapshot: snapshot(instance("b", 2), instance("new", 3)),
      plan: plan(entry("a", 1), entry("b", 2)),
    });
    expect(portsOf(assignment?.bytes ?? new Uint8Array())).toEqual(["2"]);
  });

  it("name what they need", () => {
    const [cluster, assignment] = translated({ snapshot: both, plan: plan() });
    expect(cluster?.refs).toEqual([{ typeUrl: assignment?.typeUrl, name: "checkout" }]);
    const services = [{ ...both, hashed: false }];
    const [listener, routes] = gatewayResources(
      { listener: { address: "127.0.0.1", port: 80 }, routes: [], services },
      FULL_ENVOY,
    );
    expect(listener?.refs).toEqual([{ typeUrl: routes?.typeUrl, name: routes?.name }]);
  });
});
