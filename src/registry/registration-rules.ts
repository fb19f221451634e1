// Who may register what, as pure functions: preconditions, ownership by generation, and what counts as a change.
import { isDeepStrictEqual } from "node:util";
import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { Instance } from "../model/instance.js";
import type { ServicePolicy } from "../model/service.js";
import type { InstancePatch, InstanceSpec } from "./instance-spec.js";
import { mergeMetadata, sameMetadata } from "./metadata.js";
import type { Registration } from "./records.js";

/** What to do about one instance. */
export type Decision =
  | { readonly type: "keep" }
  | { readonly type: "put"; readonly registration: Registration }
  | { readonly type: "remove" };

/** Whether `instance` is news. A drain goes on for as long as the status says so. */
export function decisionOf(known: Registration | undefined, instance: Instance): Decision {
  if (known && sameInstance(known.instance, instance)) return { type: "keep" };
  const drains = instance.status === "draining";
  const drainTimeoutMs = drains ? known?.drainTimeoutMs : undefined;
  const drainRampMs = drains ? known?.drainRampMs : undefined;
  return { type: "put", registration: { instance, drainTimeoutMs, drainRampMs } };
}

/** The operator's word and the first registration outlive a new registration of the same id. */
export function instanceFromSpec(
  service: ServiceName,
  id: InstanceId,
  spec: InstanceSpec,
  known: Instance | undefined,
  wallMs: number,
): Instance {
  return {
    service,
    id,
    address: spec.address,
    port: spec.port,
    weight: spec.weight,
    priority: spec.priority,
    locality: spec.locality,
    hostname: spec.hostname,
    metadata: spec.metadata,
    generation: spec.generation,
    status: spec.status,
    adminState: known?.adminState ?? "ready",
    ttlMs: spec.ttlMs,
    deregisterAfterMs: spec.deregisterAfterMs,
    registeredAtMs: known?.registeredAtMs ?? wallMs,
    revision: known?.revision ?? 0,
  };
}

export function patchedInstance(instance: Instance, patch: InstancePatch): Instance {
  return {
    ...instance,
    weight: patch.weight ?? instance.weight,
    status: patch.status ?? instance.status,
    metadata: patch.metadata ? mergeMetadata(instance.metadata, patch.metadata) : instance.metadata,
  };
}

/** Equal in all that is stored, apart from the revision. */
export function sameInstance(a: Instance, b: Instance): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.weight === b.weight &&
    a.priority === b.priority &&
    a.locality.region === b.locality.region &&
    a.locality.zone === b.locality.zone &&
    a.locality.subZone === b.locality.subZone &&
    a.hostname === b.hostname &&
    a.generation === b.generation &&
    a.status === b.status &&
    a.adminState === b.adminState &&
    a.ttlMs === b.ttlMs &&
    a.deregisterAfterMs === b.deregisterAfterMs &&
    (a.imported ?? false) === (b.imported ?? false) &&
    a.registeredAtMs === b.registeredAtMs &&
    sameMetadata(a.metadata, b.metadata)
  );
}

/** Equal as JSON values, whatever the order of their fields. */
export function samePolicy(a: ServicePolicy, b: ServicePolicy): boolean {
  return isDeepStrictEqual(a, b);
}

/** Whether the instance wants traffic: by its own word and by the operator's. */
export function wantsTraffic(instance: Instance): boolean {
  return instance.adminState === "ready" && (instance.status === "ready" || instance.status === "degraded");
}

/** Two processes claim one id. Without a generation nobody claims anything. */
export function generationsDiffer(known: string, given: string | undefined): boolean {
  return given !== undefined && given !== "" && known !== "" && given !== known;
}

/** @throws SteelyardError ERR_REVISION_MISMATCH */
export function assertRevision(what: string, revision: number | undefined, ifMatch: number | undefined): void {
  if (ifMatch === undefined || ifMatch === revision) return;
  const state = revision === undefined ? "does not exist" : `is at revision ${revision}`;
  throw new SteelyardError("ERR_REVISION_MISMATCH", `${what} ${state}, not at ${ifMatch}`);
}

/** @throws SteelyardError ERR_INVALID_REQUEST */
export function assertDrainTimes(times: { readonly timeoutMs: number; readonly rampMs: number }): void {
  const errors = Object.entries({ "/timeoutSeconds": times.timeoutMs, "/rampSeconds": times.rampMs })
    .filter(([, ms]) => !(ms >= 0 && ms <= 3_600_000))
    .map(([pointer]) => ({ pointer, detail: "must be between 0 and 3600" }));
  if (errors.length === 0) return;
  throw new SteelyardError("ERR_INVALID_REQUEST", "a drain takes between 0 and 3,600 seconds", { errors });
}

export function unknownInstance(service: ServiceName, id: InstanceId): SteelyardError {
  return new SteelyardError("ERR_UNKNOWN_INSTANCE", `service ${service} has no instance ${id}`);
}

export function generationConflict(service: ServiceName, id: InstanceId): SteelyardError {
  return new SteelyardError("ERR_GENERATION_CONFLICT", `instance ${id} of ${service} belongs to another process`);
}
