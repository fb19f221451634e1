// Service policy to Cluster. Invariant: nothing in here depends on load or on weights. A changed Cluster closes all its
// connections and warms anew, so it may change only when a user changes the policy.
import {
  Cluster,
  type Cluster_CommonLbConfig,
  Cluster_DiscoveryType,
} from "../../gen/envoy/config/cluster/v3/cluster.js";
import { HttpProtocolOptions } from "../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options.js";
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import type { ServiceName } from "../../model/ids.js";
import { isTcp } from "../../model/policy/protocol.js";
import type { ServicePolicy } from "../../model/service.js";
import { ADS } from "../ads.js";
import { durationOf } from "../duration.js";
import { REPORTED_METRICS, REPORTED_METRICS_OF_BACKENDS } from "../latency-filter.js";
import { packAny } from "../resource.js";
import { circuitBreakersOf } from "./circuit-breakers.js";
import { healthChecksOf } from "./health-checks.js";
import { HTTP_OPTIONS, httpOptionsOf } from "./http-options.js";
import { loadBalancingOf } from "./load-balancing.js";
import { outlierDetectionOf } from "./outlier-detection.js";
import { transportSocketOf } from "./upstream-tls.js";

/** Envoy draws a locality by weight before it chooses an endpoint there. */
const BY_LOCALITY_WEIGHT: Cluster_CommonLbConfig["localityConfigSpecifier"] = {
  $case: "localityWeightedLbConfig",
  value: {},
};

/** @param name of the cluster and of its assignment, where that is not the service's */
export function clusterOf(
  service: ServiceName,
  policy: ServicePolicy,
  enforcement: EnvoyEnforcement,
  name: string = service,
): Cluster {
  return Cluster.create({
    name,
    clusterDiscoveryType: { $case: "type", value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
    connectTimeout: durationOf(policy.timeouts.connectMs),
    ...loadBalancingOf(enforcement),
    commonLbConfig: {
      // Envoy's default of 50 % sends traffic to DRAINING and UNHEALTHY endpoints once most are; only who asks gets that.
      healthyPanicThreshold: { value: policy.failover?.panicThresholdPercent ?? 0 },
      // Weights take effect when they arrive, in every release of Envoy.
      updateMergeWindow: durationOf(0),
      ...(policy.failover?.locality && { localityConfigSpecifier: BY_LOCALITY_WEIGHT }),
    },
    // What is no longer registered is gone, even if an active health check still succeeds.
    ignoreHealthOnHostRemoval: true,
    circuitBreakers: circuitBreakersOf(policy.circuitBreakers, policy.retry),
    ...(policy.outlierDetection && { outlierDetection: outlierDetectionOf(policy.outlierDetection) }),
    healthChecks: healthChecksOf(policy),
    transportSocket: transportSocketOf(service, policy),
    // A connection has no answer that could be measured.
    ...(!isTcp(policy) && {
      typedExtensionProtocolOptions: { [HTTP_OPTIONS]: packAny(HttpProtocolOptions, httpOptionsOf(policy)) },
      lrsReportEndpointMetrics: [...(policy.orca?.forms === "all" ? REPORTED_METRICS_OF_BACKENDS : REPORTED_METRICS)],
    }),
  });
}
