// What the registry is given, and what goes in and out of its calls.
import type { ServiceName } from "../model/ids.js";
import type { CatalogueInstance, InstanceStatus } from "../model/instance.js";
import type { ServicePolicy } from "../model/service.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Rng } from "../runtime/rng.js";
import type { StateStore } from "../store/state-store.js";
import type { LeaseGrant } from "./lease-grant.js";
import type { RegistryLimits } from "./limits.js";
import type { HealthOverlay } from "./service-book.js";

export interface RegistryOptions {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly metrics?: MetricSink;
  readonly limits?: Partial<RegistryLimits>;
  /** Throws SteelyardError when a policy names what does not exist. */
  readonly policyCheck?: (policy: ServicePolicy) => void;
  /** Port of the proxies' HTTP listener, which no service may have for itself. */
  readonly gatewayPort?: number;
  /** Who else names this service, for people, e.g. "route shop". Default: nobody. */
  readonly usersOf?: (service: ServiceName) => readonly string[];
  /** What else says something about health, active probes for one. Default: nothing. */
  readonly healthOverlay?: HealthOverlay;
  readonly rng?: Rng;
  /** Whether heartbeats can reach this process now; while not, no lease runs out. Default: always. */
  readonly canHear?: () => boolean;
}

export interface RegisterOptions {
  /** Only create: ERR_ALREADY_EXISTS when the id is registered. */
  readonly ifNoneMatch?: boolean;
  /** Only replace this revision: ERR_REVISION_MISMATCH otherwise. */
  readonly ifMatch?: number | undefined;
  /** The process that owns the id is known to be gone. */
  readonly takeover?: boolean | undefined;
}

export interface Registered {
  readonly instance: CatalogueInstance;
  readonly outcome: "created" | "changed" | "unchanged";
  readonly lease: LeaseGrant;
}

export interface Heartbeat {
  readonly generation?: string | undefined;
  readonly status?: InstanceStatus | undefined;
}
