// Health as Envoy sees it. The names are those of envoy.config.core.v3.HealthStatus.

/** `DRAINING` takes no new requests and keeps those in flight; `TIMEOUT` is a lease that ran out. */
export type HealthStatus = "UNKNOWN" | "HEALTHY" | "UNHEALTHY" | "DRAINING" | "TIMEOUT" | "DEGRADED";

/** Whether Envoy may send new requests there while others of the same priority are healthy. */
export function takesTraffic(health: HealthStatus): boolean {
  return health === "HEALTHY" || health === "UNKNOWN" || health === "DEGRADED";
}
