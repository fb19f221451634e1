// Endpoints with weights to ClusterLoadAssignment. Invariants: every rule by which Envoy or grpc-js would refuse an
// assignment is checked here first, because one refused assignment in a response can cost others; and a change of
// weights changes weight fields only (anything else recreates hosts and drops connections).
import { isIP } from "node:net";
import { HealthStatus as EnvoyHealth } from "../gen/envoy/config/core/v3/health_check.js";
import { ClusterLoadAssignment, ClusterLoadAssignment_Policy } from "../gen/envoy/config/endpoint/v3/endpoint.js";
import { LbEndpoint, LocalityLbEndpoints } from "../gen/envoy/config/endpoint/v3/endpoint_components.js";
import { SteelyardError } from "../model/errors.js";
import { type HealthStatus, takesTraffic } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
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
  /**
   * What the callers that this is for send to its locality, of all that they send to its priority, 0..1; the same for all
   * endpoints there. Absent: localities get what their endpoints weigh.
   */
  readonly localityPart?: number | undefined;
}

/** What the policy says of an assignment, beside its endpoints. */
export interface AssignmentPolicy {
  /** 100..1,000; undefined = Envoy's own, 140. */
  readonly overprovisioningPercent?: number | undefined;
}

const MAX_WEIGHT = 2 ** 32 - 1;
const MAX_PRIORITY = 128;
/** Envoy's own, percent. */
export const DEFAULT_OVERPROVISIONING = 140;
/** What a locality weighs that gets everything. */
const WHOLE_LOCALITY = 100_000;

/** Endpoints that share a priority and a locality, as indices into the list they came in. */
export interface EndpointGroup {
  readonly locality: Locality;
  /** Level on the wire: without gaps. */
  readonly priority: number;
  readonly members: readonly number[];
}

/**
 * Grouped by priority and locality, sorted, priorities renumbered without gaps.
 * @throws SteelyardError ERR_INTERNAL when an endpoint breaks a rule above: a defect of whoever made the plan
 */
export function assignmentOf(
  cluster: string,
  endpoints: readonly AssignmentEndpoint[],
  policy: AssignmentPolicy = {},
): ClusterLoadAssignment {
  const groups = groupsOf(cluster, endpoints);
  checkWeights(cluster, endpoints);
  return ClusterLoadAssignment.create({
    clusterName: cluster,
    policy: assignmentPolicyOf(policy),
    endpoints: groups.map(({ locality, priority, members }) => {
      const weight = groupWeight(members, endpoints, policy);
      return LocalityLbEndpoints.create({
        // grpc-js refuses an assignment without locality, and passes over a locality without weight. Envoy ignores the
        // weight unless the cluster asks for locality weighting.
        locality,
        ...(weight > 0 && { loadBalancingWeight: weight }),
        priority,
        lbEndpoints: members.flatMap((index) => {
          const endpoint = endpoints[index];
          return endpoint ? [lbEndpointOf(endpoint, endpoint.weight)] : [];
        }),
      });
    }),
  });
}

export function assignmentPolicyOf({
  overprovisioningPercent,
}: AssignmentPolicy): ClusterLoadAssignment_Policy | undefined {
  return overprovisioningPercent === undefined
    ? undefined
    : ClusterLoadAssignment_Policy.create({ overprovisioningFactor: overprovisioningPercent });
}

/** Without `weight`, which then is the last field to come. */
export function lbEndpointOf(endpoint: AssignmentEndpoint, weight?: number): LbEndpoint {
  const { address, port, hostname, health } = endpoint;
  return LbEndpoint.create({
    hostIdentifier: {
      $case: "endpoint",
      value: {
        address: {
          address: { $case: "socketAddress", value: { address, portSpecifier: { $case: "portValue", value: port } } },
        },
        hostname,
      },
    },
    healthStatus: EnvoyHealth[health],
    loadBalancingWeight: weight,
  });
}

/**
 * Weight of a group: of those in it that take traffic, unless it is told what callers send there. Envoy multiplies what it is
 * told with its own idea of what the group can take, which is in the plan already: so that is taken out. 0 = nobody is there.
 */
export function groupWeight(
  members: readonly number[],
  endpoints: readonly AssignmentEndpoint[],
  { overprovisioningPercent = DEFAULT_OVERPROVISIONING }: AssignmentPolicy,
): number {
  let sum = 0;
  let healthy = 0;
  let degraded = 0;
  for (const index of members) {
    const endpoint = endpoints[index];
    if (!endpoint || !takesTraffic(endpoint.health)) continue;
    sum += endpoint.weight;
    if (endpoint.health === "DEGRADED") degraded += 1;
    else healthy += 1;
  }
  const part = endpoints[members[0] ?? -1]?.localityPart;
  if (part === undefined || sum === 0) return sum;
  const ability = Math.min(1, (overprovisioningPercent / 100) * ((healthy || degraded) / members.length));
  return Math.max(1, Math.round((WHOLE_LOCALITY * part) / ability));
}

/** @throws SteelyardError ERR_INTERNAL when an endpoint breaks a rule, that of weights excepted */
export function groupsOf(cluster: string, endpoints: readonly AssignmentEndpoint[]): readonly EndpointGroup[] {
  checkPlaces(cluster, endpoints);
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((a, b) => a - b);
  const levels = new Map(priorities.map((priority, level) => [priority, level]));
  const groups = new Map<string, { locality: Locality; priority: number; members: number[] }>();
  const sorted = endpoints
    .map((endpoint, index) => ({ endpoint, index }))
    .sort((a, b) => byGroupThenId(a.endpoint, b.endpoint));
  for (const { endpoint, index } of sorted) {
    const key = groupKey(endpoint);
    const group = groups.get(key);
    if (group) group.members.push(index);
    else {
      const { locality, priority } = endpoint;
      groups.set(key, { locality, priority: levels.get(priority) ?? 0, members: [index] });
    }
  }
  return [...groups.values()];
}

/** @throws SteelyardError ERR_INTERNAL for a weight that is none, or a sum per priority that Envoy would refuse */
export function checkWeights(cluster: string, endpoints: readonly AssignmentEndpoint[]): void {
  const sums = new Map<number, number>();
  for (const { instance, priority, weight } of endpoints) {
    if (!isWithin(weight, 1, MAX_WEIGHT)) throw defect(cluster, instance, `weight ${weight}`);
    const sum = (sums.get(priority) ?? 0) + weight;
    if (sum > MAX_WEIGHT) {
      throw defect(cluster, instance, `the weights of priority ${priority} add up to more than ${MAX_WEIGHT}`);
    }
    sums.set(priority, sum);
  }
}

function checkPlaces(cluster: string, endpoints: readonly AssignmentEndpoint[]): void {
  const seen = new Map<string, InstanceId>();
  for (const { instance, address, port, priority } of endpoints) {
    if (isIP(address) === 0) throw defect(cluster, instance, `not an IP literal: ${address}`);
    if (!isWithin(port, 1, 65_535)) throw defect(cluster, instance, `port ${port}`);
    if (!isWithin(priority, 0, MAX_PRIORITY)) throw defect(cluster, instance, `priority ${priority}`);
    const key = endpointKey(address, port);
    const twin = seen.get(key);
    if (twin !== undefined) throw defect(cluster, instance, `${key} is the address of ${twin} too`);
    seen.set(key, instance);
  }
}

function defect(cluster: string, instance: InstanceId, what: string): SteelyardError {
  return new SteelyardError("ERR_INTERNAL", `cannot translate ${cluster}/${instance}: ${what}`);
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
