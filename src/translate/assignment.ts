// Endpoints with weights to ClusterLoadAssignment. Invariants: every rule by which Envoy or grpc-js would refuse an
// assignment is checked here first, because one refused assignment in a response can cost others; and a change of
// weights changes weight fields only (anything else recreates hosts and drops connections).
import { isIP } from "node:net";
import { HealthStatus as EnvoyHealth } from "../gen/envoy/config/core/v3/health_check.js";
import { ClusterLoadAssignment } from "../gen/envoy/config/endpoint/v3/endpoint.js";
import { LbEndpoint, LocalityLbEndpoints } from "../gen/envoy/config/endpoint/v3/endpoint_components.js";
import { SteelyardError } from "../model/errors.js";
import { type HealthStatus, takesTraffic } from "../model/health.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import { endpointKey, type Locality } from "../model/instance.js";

export interface AssignmentEndpoint {
  readonly instance: InstanceId;
  /** IP literal. */
  readonly address: string;
  readonly port: number;
  readonly hostname: string;
  readonly locality: Locality;
  /** 0..128; gaps are closed. */
  readonly priority: number;
  /** Integer, 1..2^32-1, and so is the sum per priority. */
  readonly weight: number;
  readonly health: HealthStatus;
}

const MAX_WEIGHT = 2 ** 32 - 1;
const MAX_PRIORITY = 128;

/**
 * Grouped by priority and locality, sorted, priorities renumbered without gaps.
 * @throws SteelyardError ERR_INTERNAL when an endpoint breaks a rule above: a defect of whoever made the plan
 */
export function assignmentOf(service: ServiceName, endpoints: readonly AssignmentEndpoint[]): ClusterLoadAssignment {
  check(service, endpoints);
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((a, b) => a - b);
  const levels = new Map(priorities.map((priority, level) => [priority, level]));
  const groups = new Map<string, AssignmentEndpoint[]>();
  for (const endpoint of endpoints.toSorted(byGroupThenId)) {
    const key = groupKey(endpoint);
    const group = groups.get(key);
    if (group) group.push(endpoint);
    else groups.set(key, [endpoint]);
  }
  return ClusterLoadAssignment.create({
    clusterName: service,
    endpoints: Array.from(groups.values(), (group) => localityOf(group, levels)),
  });
}

function localityOf(group: readonly AssignmentEndpoint[], levels: ReadonlyMap<number, number>): LocalityLbEndpoints {
  const [{ locality, priority } = { locality: undefined, priority: 0 }] = group;
  const live = group.reduce((sum, { health, weight }) => (takesTraffic(health) ? sum + weight : sum), 0);
  return LocalityLbEndpoints.create({
    // grpc-js refuses an assignment without locality, and passes over a locality without weight. Envoy ignores the
    // weight unless the cluster asks for locality weighting.
    locality: locality ?? {},
    ...(live > 0 && { loadBalancingWeight: live }),
    priority: levels.get(priority) ?? 0,
    lbEndpoints: group.map(({ address, port, hostname, weight, health }) =>
      LbEndpoint.create({
        hostIdentifier: {
          $case: "endpoint",
          value: {
            address: {
              address: {
                $case: "socketAddress",
                value: { address, portSpecifier: { $case: "portValue", value: port } },
              },
            },
            hostname,
          },
        },
        healthStatus: EnvoyHealth[health],
        loadBalancingWeight: weight,
      }),
    ),
  });
}

function check(service: ServiceName, endpoints: readonly AssignmentEndpoint[]): void {
  const seen = new Map<string, InstanceId>();
  const sums = new Map<number, number>();
  for (const { instance, address, port, priority, weight } of endpoints) {
    const fail = (what: string): never => {
      throw new SteelyardError("ERR_INTERNAL", `cannot translate ${service}/${instance}: ${what}`);
    };
    if (isIP(address) === 0) fail(`not an IP literal: ${address}`);
    if (!isWithin(port, 1, 65_535)) fail(`port ${port}`);
    if (!isWithin(priority, 0, MAX_PRIORITY)) fail(`priority ${priority}`);
    if (!isWithin(weight, 1, MAX_WEIGHT)) fail(`weight ${weight}`);
    const sum = (sums.get(priority) ?? 0) + weight;
    if (sum > MAX_WEIGHT) fail(`the weights of priority ${priority} add up to more than ${MAX_WEIGHT}`);
    sums.set(priority, sum);
    const key = endpointKey(address, port);
    const twin = seen.get(key);
    if (twin !== undefined) fail(`${key} is the address of ${twin} too`);
    seen.set(key, instance);
  }
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function groupKey({ priority, locality: { region, zone, subZone } }: AssignmentEndpoint): string {
  return JSON.stringify([priority, region, zone, subZone]);
}

function byGroupThenId(a: AssignmentEndpoint, b: AssignmentEndpoint): number {
  return (
    a.priority - b.priority ||
    compareText(a.locality.region, b.locality.region) ||
    compareText(a.locality.zone, b.locality.zone) ||
    compareText(a.locality.subZone, b.locality.subZone) ||
    compareText(a.instance, b.instance)
  );
}

/** By code unit: the same on every machine, whatever its locale. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
