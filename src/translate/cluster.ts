// Service policy to Cluster. Invariant: nothing in here depends on load or on weights. A changed Cluster closes all its
// connections and warms anew, so it may change only when a user changes the policy.
import {
  Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  type Cluster_LeastRequestLbConfig,
  type Cluster_MaglevLbConfig,
  type Cluster_RingHashLbConfig,
  Cluster_RingHashLbConfig_HashFunction,
} from "../gen/envoy/config/cluster/v3/cluster.js";
import { RoutingPriority } from "../gen/envoy/config/core/v3/base.js";
import { HttpProtocolOptions } from "../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { ServiceName } from "../model/ids.js";
import type { ServicePolicy } from "../model/service.js";
import { ADS } from "./ads.js";
import { durationOf } from "./duration.js";
import { latencyFilters, REPORTED_METRICS } from "./latency-filter.js";
import { packAny } from "./resource.js";

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** Envoy's defaults (1,024) would make Envoy itself fail requests long before the backends are the limit. */
const BREAKER_LIMIT = 100_000;

const ENVOY_DEFAULT_BIAS = 1;

type LeastRequest = Extract<EnvoyEnforcement, { readonly policy: "least_request" }>;

export function clusterOf(service: ServiceName, policy: ServicePolicy, enforcement: EnvoyEnforcement): Cluster {
  return Cluster.create({
    name: service,
    clusterDiscoveryType: { $case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
    connectTimeout: durationOf(policy.timeouts.connectMs),
    ...balancing(enforcement),
    commonLbConfig: {
      // The default of 50 % sends traffic to DRAINING and UNHEALTHY endpoints once most are; the server decides that.
      healthyPanicThreshold: { value: 0 },
      // Weights take effect when they arrive, in every release of Envoy.
      updateMergeWindow: durationOf(0),
    },
    // What is no longer registered is gone, even if an active health check still succeeds.
    ignoreHealthOnHostRemoval: true,
    circuitBreakers: {
      thresholds: [RoutingPriority.DEFAULT, RoutingPriority.HIGH].map((priority) => ({
        priority,
        maxConnections: BREAKER_LIMIT,
        maxPendingRequests: BREAKER_LIMIT,
        maxRequests: BREAKER_LIMIT,
        maxRetries: BREAKER_LIMIT,
      })),
    },
    typedExtensionProtocolOptions: { [HTTP_OPTIONS]: packAny(HttpProtocolOptions, httpOptions(policy.protocol)) },
    lrsReportEndpointMetrics: [...REPORTED_METRICS],
  });
}

function balancing(enforcement: EnvoyEnforcement): Pick<Cluster, "lbPolicy" | "lbConfig"> {
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

function httpOptions(protocol: ServicePolicy["protocol"]): HttpProtocolOptions {
  return HttpProtocolOptions.create({
    upstreamProtocolOptions: {
      $case: "explicitHttpConfig",
      value: {
        protocolConfig:
          protocol === "http2"
            ? { $case: "http2ProtocolOptions", value: {} }
            : { $case: "httpProtocolOptions", value: {} },
      },
    },
    httpFilters: latencyFilters(),
  });
}
