// An instance is what registers. Its xDS projection is an endpoint.
import { hostPort } from "./address.js";
import { type HealthStatus, takesTraffic } from "./health.js";
import type { InstanceId, ServiceName } from "./ids.js";
import type { InstanceProbe } from "./probe.js";

export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** What the instance says of itself. */
export type InstanceStatus = "starting" | "ready" | "degraded" | "draining";

/** What an operator says of it; wins over `InstanceStatus`. */
export type AdminState = "ready" | "drain" | "maint";

/** `live` beats in time; `suspect` missed its ttl and takes no traffic while others can. */
export type LeaseState = "live" | "suspect";

/** The durable part of a registration, as stored and as answered by the API. */
export interface Instance {
  readonly service: ServiceName;
  readonly id: InstanceId;
  /** Canonical IP literal, without brackets or zone. */
  readonly address: string;
  /** 1..65535 */
  readonly port: number;
  /** Registered relative capacity, 1..65535, default 100. */
  readonly weight: number;
  /** 0..128, 0 is the most preferred. */
  readonly priority: number;
  readonly locality: Locality;
  readonly hostname: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** One value per process start: fences two owners of one id. "" = not given. */
  readonly generation: string;
  readonly status: InstanceStatus;
  readonly adminState: AdminState;
  /** Milliseconds without a heartbeat until suspect. 5,000..3,600,000, default 30,000. */
  readonly ttlMs: number;
  /** Known from elsewhere: it sends no heartbeats, and lives until an import no longer has it. */
  readonly imported?: boolean | undefined;
  /** Milliseconds as suspect until removed. Default 600,000. */
  readonly deregisterAfterMs: number;
  /** Wall clock of the first registration, for display only. */
  readonly registeredAtMs: number;
  /** Revision of the catalogue at the last change of this record. */
  readonly revision: number;
}

/** How far an instance that was asked to drain has come. */
export interface Drain {
  /** Part of its share that it still gets, in steps from 1 to 0; 0 = no new requests. */
  readonly left: number;
  /** Milliseconds from the end of new requests until it is removed, should it still have some in flight then. */
  readonly timeoutMs: number;
}

/** An instance with the lease state that only this process knows. */
export interface CatalogueInstance extends Instance {
  /** Set once it was asked to drain. */
  readonly drain?: Drain | undefined;
  readonly lease: LeaseState;
  readonly health: HealthStatus;
  /** Absent where the server does not probe. */
  readonly probe?: InstanceProbe | undefined;
}

/** `ip:port`, or `[ip]:port` for IPv6: the key under which Envoy's load reports name an endpoint. */
export function endpointKey(address: string, port: number): string {
  return hostPort(address, port);
}

/**
 * Operator first, then lease, then the instance's own word; without probes. `maint` and `starting` take no traffic at
 * all; who drains in steps does until the last one.
 */
export function effectiveHealth(instance: Instance, lease: LeaseState, drain?: Drain): HealthStatus {
  if (instance.adminState === "maint") return "UNHEALTHY";
  if (instance.adminState === "drain") return "DRAINING";
  if (instance.status === "draining" && (drain === undefined || drain.left <= 0)) return "DRAINING";
  if (lease === "suspect") return "TIMEOUT";
  if (instance.status === "starting") return "UNHEALTHY";
  return instance.status === "degraded" ? "DEGRADED" : "HEALTHY";
}

/** Health with the word of the server's own probes: they can only take traffic away from who would have some. */
export function probedHealth(own: HealthStatus, probe: InstanceProbe): HealthStatus {
  if (probe.ignored || probe.verdict === "passing" || !takesTraffic(own)) return own;
  return probe.answered ? "UNHEALTHY" : "TIMEOUT";
}
