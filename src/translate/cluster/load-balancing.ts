// How Envoy is told to act on the weights.
import {
  type Cluster,
  Cluster_LbPolicy,
  type Cluster_LeastRequestLbConfig,
  type Cluster_MaglevLbConfig,
  type Cluster_RingHashLbConfig,
  Cluster_RingHashLbConfig_HashFunction,
} from "../../gen/envoy/config/cluster/v3/cluster.js";
import type { EnvoyEnforcement } from "../../model/enforcement.js";

const ENVOY_DEFAULT_BIAS = 1;

type LeastRequest = Extract<EnvoyEnforcement, { readonly policy: "least_request" }>;

export function loadBalancingOf(enforcement: EnvoyEnforcement): Pick<Cluster, "lbPolicy" | "lbConfig"> {
  switch (enforcement.policy) {
    case "least_request":
      return {
        lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
        lbConfig: { $case: "leastRequestLbConfig", value: leastRequest(enforcement) },
      };
    case "round_robin":
      return { lbPolicy: Cluster_LbPolicy.ROUND_ROBIN, lbConfig: undefined };
    case "random":
      return { lbPolicy: Cluster_LbPolicy.RANDOM, lbConfig: undefined };
    case "ring_hash": {
      const value: Cluster_RingHashLbConfig = {
        minimumRingSize: BigInt(enforcement.minimumRingSize),
        maximumRingSize: BigInt(enforcement.maximumRingSize),
        hashFunction: Cluster_RingHashLbConfig_HashFunction.XX_HASH,
      };
      return { lbPolicy: Cluster_LbPolicy.RING_HASH, lbConfig: { $case: "ringHashLbConfig", value } };
    }
    case "maglev": {
      const value: Cluster_MaglevLbConfig = { tableSize: BigInt(enforcement.tableSize) };
      return { lbPolicy: Cluster_LbPolicy.MAGLEV, lbConfig: { $case: "maglevLbConfig", value } };
    }
  }
}

function leastRequest({ choiceCount, activeRequestBias }: LeastRequest): Cluster_LeastRequestLbConfig {
  return {
    choiceCount,
    activeRequestBias:
      activeRequestBias === ENVOY_DEFAULT_BIAS
        ? undefined
        : { defaultValue: activeRequestBias, runtimeKey: "steelyard.active_request_bias" },
    slowStartConfig: undefined,
  };
}
