// Service policy to the Cluster of gRPC clients: the enum forms, which every release of every gRPC library takes. Invariant,
// as for Envoy's: nothing in here depends on load or on weights.
import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from "../../gen/envoy/config/cluster/v3/cluster.js";
import { RoutingPriority } from "../../gen/envoy/config/core/v3/base.js";
import { ApiVersion, type ConfigSource } from "../../gen/envoy/config/core/v3/config_source.js";
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import type { ServiceName } from "../../model/ids.js";
import type { ServicePolicy } from "../../model/service.js";
import { ADS } from "../ads.js";
import { loadBalancingOf } from "../cluster/load-balancing.js";

/** gRPC's own default is 1,024 calls under way, and it fails the next one. */
const MAX_REQUESTS = 100_000;

/** In place of a Maglev table. 4,096 entries are what gRPC takes at most unless told otherwise. */
const STAND_IN_RING: EnvoyEnforcement = { policy: "ring_hash", minimumRingSize: 4_096, maximumRingSize: 4_096 };

/** Load reports go to where the cluster came from. */
const SELF: ConfigSource = {
  authorities: [],
  configSourceSpecifier: { $case: "self", value: { transportApiVersion: ApiVersion.V3 } },
  initialFetchTimeout: undefined,
  resourceApiVersion: ApiVersion.V3,
};

export function grpcClusterOf(service: ServiceName, policy: ServicePolicy, enforcement: EnvoyEnforcement): Cluster {
  return Cluster.create({
    name: service,
    clusterDiscoveryType: { $case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
    ...balancing(enforcement),
    circuitBreakers: {
      thresholds: [
        { priority: RoutingPriority.DEFAULT, maxRequests: policy.circuitBreakers?.maxRequests ?? MAX_REQUESTS },
      ],
    },
    lrsServer: SELF,
  });
}

/**
 * ROUND_ROBIN is, in gRPC, a choice of the locality by weight, and round robin within: with one endpoint in each, exact
 * shares. It stands in for all that gRPC does not have; there is no Maglev, a ring takes its place.
 */
function balancing(enforcement: EnvoyEnforcement): Pick<Cluster, "lbPolicy" | "lbConfig"> {
  switch (enforcement.policy) {
    case "least_request":
    case "round_robin":
    case "random":
      return { lbPolicy: Cluster_LbPolicy.ROUND_ROBIN, lbConfig: undefined };
    case "ring_hash":
      return loadBalancingOf(enforcement);
    case "maglev":
      return loadBalancingOf(STAND_IN_RING);
  }
}
