// What the API needs of the rest of the server, and nothing more: the registry, the control loop and the xDS engine
// satisfy these, tests hand in small stand-ins.
import type { z } from "zod";
import type { ControlView } from "../control/control-view.js";
import type { Freeze } from "../model/freeze.js";
import type { InstanceId, RouteName, ServiceName } from "../model/ids.js";
import type { AdminState, CatalogueInstance } from "../model/instance.js";
import type { KeyOwner } from "../model/key-owner.js";
import type { Manifest } from "../model/manifest.js";
import type { NamedRoute, Route } from "../model/route/route.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { ImportedEndpoint } from "../registry/cluster-load-assignment.js";
import type { FreezeRequest } from "../registry/freeze-book.js";
import type { Imported, ImportOptions } from "../registry/instance-importer.js";
import type { InstancePatch, InstanceSpec } from "../registry/instance-spec.js";
import type { LeaseGrant } from "../registry/lease-grant.js";
import type { ManifestChange } from "../registry/manifest-writer.js";
import type { Heartbeat } from "../registry/registry-options.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Rng } from "../runtime/rng.js";
import type { WatchableMap } from "../runtime/watchable-map.js";
import type { HeartbeatLoad } from "../signals/heartbeat-load.js";
import type { NodeStatus } from "../xds/node-status.js";

/** What happened to the record. */
type Outcome = "created" | "changed" | "unchanged";

export interface RegistryPort {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  get(service: ServiceName, id: InstanceId): CatalogueInstance | undefined;
  /** Revision of the whole catalogue. */
  revision(): number;
  register(
    service: ServiceName,
    id: InstanceId,
    spec: InstanceSpec,
    options: {
      readonly ifNoneMatch?: boolean;
      readonly ifMatch?: number | undefined;
      readonly takeover?: boolean | undefined;
    },
  ): Promise<{ readonly instance: CatalogueInstance; readonly outcome: Outcome; readonly lease: LeaseGrant }>;
  patch(
    service: ServiceName,
    id: InstanceId,
    patch: InstancePatch,
    options: { readonly ifMatch: number },
  ): Promise<CatalogueInstance>;
  /** Takes over the membership as it is known elsewhere, as a whole. */
  importInstances(
    service: ServiceName,
    endpoints: readonly ImportedEndpoint[],
    options: ImportOptions,
  ): Promise<Imported>;
  /** Whether there was something to deregister. */
  deregister(
    service: ServiceName,
    id: InstanceId,
    options: { readonly ifMatch?: number | undefined; readonly generation?: string | undefined },
  ): Promise<boolean>;
  /** @throws SteelyardError ERR_UNKNOWN_INSTANCE, ERR_GENERATION_CONFLICT */
  heartbeat(service: ServiceName, id: InstanceId, beat: Heartbeat): LeaseGrant;
  /** The same for batches: a refused beat is a result, for a thousand of them may come at once. */
  tryHeartbeat(service: ServiceName, id: InstanceId, beat: Heartbeat): LeaseGrant | "unknown" | "generation";
  drain(
    service: ServiceName,
    id: InstanceId,
    options: { readonly timeoutMs: number; readonly rampMs: number },
  ): Promise<CatalogueInstance>;
  setAdminState(service: ServiceName, id: InstanceId, state: AdminState): Promise<CatalogueInstance>;
  /** @throws SteelyardError also ERR_UNKNOWN_POLICY, ERR_INVALID_REQUEST: it knows the algorithms */
  putService(
    service: ServiceName,
    policy: ServicePolicy,
    options: { readonly ifNoneMatch?: boolean; readonly ifMatch?: number | undefined },
  ): Promise<{ readonly snapshot: ServiceSnapshot; readonly outcome: Outcome }>;
  /** Takes back the declaration; instances stay. Whether there was such a service. */
  deleteService(service: ServiceName, options: { readonly ifMatch?: number | undefined }): Promise<boolean>;
}

export interface FreezePort {
  /** @throws SteelyardError ERR_UNKNOWN_SERVICE, of the store */
  freeze(service: ServiceName, request: FreezeRequest): Promise<Freeze>;
  /** Whether there was one. @throws SteelyardError of the store */
  unfreeze(service: ServiceName): Promise<boolean>;
}

export interface RoutePort {
  readonly routes: WatchableMap<RouteName, NamedRoute>;
  /** Of all routes together. */
  revision(): number;
  /** @throws SteelyardError ERR_INVALID_REQUEST, ERR_DOMAIN_CONFLICT, of the condition, of the store */
  put(
    name: RouteName,
    route: Route,
    condition: { readonly ifNoneMatch?: boolean; readonly ifMatch?: number | undefined },
  ): Promise<{ readonly route: NamedRoute; readonly outcome: Outcome }>;
  /** Whether there was one. */
  delete(name: RouteName, condition: { readonly ifMatch?: number | undefined }): Promise<boolean>;
}

export interface ManifestPort {
  /** @throws SteelyardError with pointers into the manifest, of the store */
  apply(manifest: Manifest, options: { readonly dryRun: boolean }): Promise<readonly ManifestChange[]>;
}

export interface LoadPort {
  /** What a registered instance says of itself. @param beatMs when it was told to beat next */
  recordBeat(service: ServiceName, instance: InstanceId, load: HeartbeatLoad, beatMs: number): void;
}

export interface OwnerPort {
  /** Of a service that exists. @throws SteelyardError ERR_NO_OWNER */
  ownerOf(service: ServiceName, key: string): KeyOwner;
}

export interface ApiLimits {
  /** Largest body, bytes. */
  readonly bodyBytes: number;
  /** Largest body of a batch, bytes. */
  readonly batchBytes: number;
  /** Open event streams. */
  readonly watchers: number;
  /** Reads that wait for a new revision. */
  readonly blockingQueries: number;
  /** How long an event stream may take nothing before it is cut, milliseconds. */
  readonly watchStallMs: number;
}

export const DEFAULT_API_LIMITS: ApiLimits = {
  bodyBytes: 65_536,
  batchBytes: 1_048_576,
  watchers: 128,
  blockingQueries: 256,
  watchStallMs: 30_000,
};

/** A weight policy satisfies it. */
interface AlgorithmInfo {
  readonly name: string;
  readonly summary: string;
  /** What `settings` of a service policy may hold. */
  readonly configSchema: z.ZodType;
}

export interface ApiDependencies {
  readonly registry: RegistryPort;
  readonly freezes: FreezePort;
  readonly routes: RoutePort;
  readonly manifests: ManifestPort;
  readonly loads: LoadPort;
  readonly control: ControlView;
  readonly owners: OwnerPort;
  /** Proxies with an open stream, sorted by id. */
  readonly nodes: () => readonly NodeStatus[];
  readonly algorithms: readonly AlgorithmInfo[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: MetricSink;
  readonly version: string;
  readonly limits: ApiLimits;
}
