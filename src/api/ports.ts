// What the API needs of the rest of the server, and nothing more: the registry, the control loop and the xDS engine
// satisfy these, tests hand in small stand-ins.
import type { ControlView } from "../control/control-view.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { AdminState, CatalogueInstance } from "../model/instance.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { HeartbeatRequest, InstancePatch, InstanceSpec } from "../registry/instance-spec.js";
import type { LeaseGrant } from "../registry/lease-grant.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { WatchableMap } from "../runtime/watchable-map.js";

/** What happened to the record. */
export type Outcome = "created" | "changed" | "unchanged";

export interface RegisterOptions {
  /** Create only: ERR_ALREADY_EXISTS when the id is taken. */
  readonly ifNoneMatch?: boolean;
  /** Compare-and-set on the revision of the record: ERR_REVISION_MISMATCH. */
  readonly ifMatch?: number;
  /** Replace an owner that still beats. */
  readonly takeover?: boolean;
}

export interface RegistryPort {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  get(service: ServiceName, id: InstanceId): CatalogueInstance | undefined;
  /** Revision of the whole catalogue. */
  revision(): number;
  register(
    service: ServiceName,
    id: InstanceId,
    spec: InstanceSpec,
    options?: RegisterOptions,
  ): Promise<{ readonly instance: CatalogueInstance; readonly outcome: Outcome; readonly lease: LeaseGrant }>;
}
