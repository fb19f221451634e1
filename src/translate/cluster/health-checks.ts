// Active health checks by Envoy itself. What it finds out stays with that proxy: a host that fails its checks gets nothing
// from it, whatever its weight. Checks by the server are not in the Cluster; all proxies learn of them by EDS.
import { HealthCheck } from "../../gen/envoy/config/core/v3/health_check.js";
import { CodecClientType } from "../../gen/envoy/type/v3/http.js";
import type { ServicePolicy } from "../../model/service.js";
import { durationOf } from "../duration.js";

type Checked = Pick<ServicePolicy, "healthChecks" | "protocol">;

/** Proxies that started together must not check together. */
const JITTER_PERCENT = 10;

export function healthChecksOf({ healthChecks, protocol }: Checked): HealthCheck[] {
  if (healthChecks?.by !== "envoy") return [];
  const { check, intervalMs, timeoutMs, unhealthyThreshold, healthyThreshold } = healthChecks;
  const interval = durationOf(intervalMs);
  return [
    HealthCheck.create({
      timeout: durationOf(timeoutMs),
      interval,
      intervalJitterPercent: JITTER_PERCENT,
      // Envoy's default is a minute, in which a service that nobody asks would not be known to be back.
      noTrafficInterval: interval,
      unhealthyThreshold,
      healthyThreshold,
      healthChecker: checkerOf(check, protocol),
    }),
  ];
}

function checkerOf(
  check: NonNullable<ServicePolicy["healthChecks"]>["check"],
  protocol: ServicePolicy["protocol"],
): HealthCheck["healthChecker"] {
  if ("tcp" in check)
    return { $case: "tcpHealthCheck", value: { send: undefined, receive: [], proxyProtocolConfig: undefined } };
  if ("grpc" in check) {
    const { service: serviceName } = check.grpc;
    return { $case: "grpcHealthCheck", value: { serviceName, authority: "", initialMetadata: [] } };
  }
  const { path, host = "", statuses } = check.http;
  return {
    $case: "httpHealthCheck",
    value: {
      host, // Envoy's default is the cluster's name, which is the service's
      path,
      expectedStatuses: statuses.map((status) => ({ start: BigInt(status), end: BigInt(status + 1) })),
      codecClientType: protocol === "http2" ? CodecClientType.HTTP2 : CodecClientType.HTTP1,
      send: undefined,
      receive: [],
      responseBufferSize: undefined,
      requestHeadersToAdd: [],
      requestHeadersToRemove: [],
      retriableStatuses: [],
      serviceNameMatcher: undefined,
      method: 0,
    },
  };
}
