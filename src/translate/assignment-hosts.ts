// The resources of a service read back as Envoy reads them: hosts by priority, in the order in which Envoy keeps them. For
// those who must know what a proxy really has, and not what was meant.
import { Cluster } from "../gen/envoy/config/cluster/v3/cluster.js";
import {
  HealthStatus as EnvoyHealth,
  type HealthStatus as EnvoyHealthStatus,
} from "../gen/envoy/config/core/v3/health_check.js";
import { ClusterLoadAssignment } from "../gen/envoy/config/endpoint/v3/endpoint.js";
import type { LbEndpoint } from "../gen/envoy/config/endpoint/v3/endpoint_components.js";
import type { HealthStatus } from "../model/health.js";
import { endpointKey } from "../model/instance.js";
import { ASSIGNMENT_TYPE, CLUSTER_TYPE, type Resource } from "./resource.js";

export interface AssignedHost {
  /** `IP:PORT`, IPv6 as `[IP]:PORT`. */
  readonly address: string;
  readonly weight: number;
  readonly health: HealthStatus;
}

export interface AssignedHosts {
  /** By priority on the wire, which has no gaps. */
  readonly levels: readonly (readonly AssignedHost[])[];
  readonly overprovisioningPercent: number;
  readonly panicThresholdPercent: number;
}

const ENVOY_OVERPROVISIONING_PERCENT = 140;
const ENVOY_PANIC_PERCENT = 50;

const HEALTH = new Map<EnvoyHealthStatus, HealthStatus>(
  (["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"] as const).map((name) => [
    EnvoyHealth[name],
    name,
  ]),
);

/** Undefined when it has no assignment of its name. @param resources those of the service, as made here */
export function assignedHosts(service: string, resources: readonly Resource[]): AssignedHosts | undefined {
  const find = (type: string) => resources.find(({ typeUrl, name }) => typeUrl === type && name === service)?.bytes;
  const [assignment, cluster] = [find(ASSIGNMENT_TYPE), find(CLUSTER_TYPE)];
  if (!assignment || !cluster) return undefined;
  const { endpoints, policy } = ClusterLoadAssignment.decode(assignment);
  const levels: AssignedHost[][] = [];
  for (const { priority, lbEndpoints } of endpoints) {
    while (levels.length <= priority) levels.push([]);
    levels[priority]?.push(...lbEndpoints.flatMap(hostOf));
  }
  return {
    levels,
    overprovisioningPercent: policy?.overprovisioningFactor ?? ENVOY_OVERPROVISIONING_PERCENT,
    panicThresholdPercent: Cluster.decode(cluster).commonLbConfig?.healthyPanicThreshold?.value ?? ENVOY_PANIC_PERCENT,
  };
}

function hostOf({ hostIdentifier, healthStatus, loadBalancingWeight = 1 }: LbEndpoint): AssignedHost[] {
  const address = hostIdentifier?.$case === "endpoint" ? hostIdentifier.value.address?.address : undefined;
  if (address?.$case !== "socketAddress" || address.value.portSpecifier?.$case !== "portValue") return [];
  const { address: ip, portSpecifier } = address.value;
  const health = HEALTH.get(healthStatus) ?? "UNKNOWN";
  return [{ address: endpointKey(ip, portSpecifier.value), weight: loadBalancingWeight, health }];
}
