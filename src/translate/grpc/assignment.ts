// A service's plan to the ClusterLoadAssignment of gRPC clients. They balance exactly by locality weight and know no other
// weight (round robin ignores those of endpoints), and they count their calls per locality and no finer. So each instance
// is a locality of its own, with its share of the traffic as weight, named by the address under which load reports find it.
// Invariants: those of A27: every locality has a name, no address and no locality comes twice, priorities have no gaps.
import { ClusterLoadAssignment } from "../../gen/envoy/config/endpoint/v3/endpoint.js";
import { LocalityLbEndpoints } from "../../gen/envoy/config/endpoint/v3/endpoint_components.js";
import { takesTraffic } from "../../model/health.js";
import { endpointKey } from "../../model/instance.js";
import { type AssignmentEndpoint, groupsOf, lbEndpointOf } from "../assignment.js";

export interface GrpcEndpoint extends Omit<AssignmentEndpoint, "locality"> {
  /** Of the service's traffic, 0..1; 0 for one that waits in a lower priority, or takes none. */
  readonly share: number;
}

/**
 * What a share of 1 weighs: weights read as parts per billion. grpc-js draws from a signed 32-bit integer, so the weights
 * of a priority must add up to less than 2^31.
 */
const WHOLE = 1_000_000_000;

/**
 * @param hashed whether the cluster balances by a call's key
 * @throws SteelyardError ERR_INTERNAL when an endpoint breaks a rule of `groupsOf`: a defect of whoever made the plan
 */
export function grpcAssignmentOf(
  cluster: string,
  endpoints: readonly GrpcEndpoint[],
  hashed: boolean,
): ClusterLoadAssignment {
  const weights = weightsOf(endpoints, hashed);
  const placed = endpoints.map((endpoint) => ({ ...endpoint, locality: localityOf(endpoint) }));
  return ClusterLoadAssignment.create({
    clusterName: cluster,
    endpoints: groupsOf(cluster, placed).flatMap(({ locality, priority, members: [index = 0] }) => {
      const endpoint = placed[index];
      const weight = weights[index] ?? 0;
      if (endpoint === undefined) return [];
      // gRPC knows no DEGRADED: whether one is used is what its share says.
      const told = { ...endpoint, health: weight > 0 ? ("HEALTHY" as const) : endpoint.health };
      return LocalityLbEndpoints.create({
        locality,
        priority,
        // Without a weight a locality is passed over. It is sent all the same, so that no assignment is ever empty.
        ...(weight > 0 && { loadBalancingWeight: weight }),
        lbEndpoints: [lbEndpointOf(told)],
      });
    }),
  });
}

function localityOf({ address, port }: GrpcEndpoint): AssignmentEndpoint["locality"] {
  return { region: "", zone: "", subZone: endpointKey(address, port) };
}

/**
 * By share where a priority has traffic; by key where keys decide, with the very weights that Envoy has: so its ring and
 * that of gRPC are one. A priority that waits for its turn has them too, for a client may turn to it before the next plan.
 */
function weightsOf(endpoints: readonly GrpcEndpoint[], hashed: boolean): number[] {
  const isUsed = ({ share, health }: GrpcEndpoint): boolean => share > 0 && takesTraffic(health);
  const busy = new Set(endpoints.filter(isUsed).map(({ priority }) => priority));
  return endpoints.map((endpoint) => {
    const { priority, share, weight, health } = endpoint;
    if (!busy.has(priority)) return health === "HEALTHY" || health === "UNKNOWN" ? weight : 0;
    if (!isUsed(endpoint)) return 0;
    return hashed ? weight : Math.max(1, Math.round(share * WHOLE));
  });
}
