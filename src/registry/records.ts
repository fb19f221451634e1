// How the catalogue lies in the store: JSON under `registry/`. What comes back is checked like any other foreign data,
// and unknown fields are let through, so that an older server can read what a newer one wrote.
import { z } from "zod";
import { type InstanceId, parseInstanceId, parseServiceName, type ServiceName } from "../model/ids.js";
import type { Instance, LeaseState } from "../model/instance.js";
import { type ServicePolicy, servicePolicySchema } from "../model/service.js";
import type { Entry, Op } from "../store/state-store.js";
import { instanceStatusSchema } from "./instance-spec.js";

export const REGISTRY_PREFIX = "registry/";
const INSTANCES = "registry/instances/";
const SERVICES = "registry/services/";
const SUSPECTS = "registry/suspects/";
/** Holds the catalogue's revision when it has run ahead of the store's, so that it does not go back in a restart. */
export const REVISION_KEY = "registry/revision";

/** The durable part of a registration. */
export interface Registration {
  readonly instance: Instance;
  /** The instance is removed that long after the drain began; the time starts anew after a restart. */
  readonly drainTimeoutMs: number | undefined;
  /** Before that, how long its share shrinks in steps; not stored, see drain-ramp.ts. Default 0. */
  readonly drainRampMs?: number | undefined;
}

export type CatalogueRecord =
  | { readonly type: "instance"; readonly registration: Registration }
  /** Was silent when this was written: a restart must not send traffic there again before it is heard. */
  | { readonly type: "suspect"; readonly service: ServiceName; readonly id: InstanceId }
  | { readonly type: "revision"; readonly revision: number }
  | {
      readonly type: "service";
      readonly service: ServiceName;
      readonly policy: ServicePolicy;
      readonly revision: number;
    };

const duration = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

const instanceRecordSchema = z.object({
  address: z.string(),
  port: z.int().min(1).max(65_535),
  weight: z.int().min(1).max(65_535),
  priority: z.int().min(0).max(128),
  locality: z.object({ region: z.string(), zone: z.string(), subZone: z.string() }),
  hostname: z.string(),
  metadata: z.record(z.string(), z.string()),
  generation: z.string(),
  status: instanceStatusSchema,
  adminState: z.enum(["ready", "drain", "maint"]),
  ttlMs: duration,
  deregisterAfterMs: duration,
  imported: z.boolean().optional(),
  registeredAtMs: z.number(),
  drainTimeoutMs: duration.optional(),
});

export function instanceKey(service: ServiceName, id: InstanceId): string {
  return `${INSTANCES}${service}/${id}`;
}

export function suspectKey(service: ServiceName, id: InstanceId): string {
  return `${SUSPECTS}${service}/${id}`;
}

/** @throws SteelyardError ERR_INVALID_REQUEST */
export function parseInstanceKey(key: string): { readonly service: ServiceName; readonly id: InstanceId } {
  const [, , service = "", id = ""] = key.split("/");
  return { service: parseServiceName(service), id: parseInstanceId(id) };
}

export function serviceKey(service: ServiceName): string {
  return `${SERVICES}${service}`;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

export function putRegistration({ instance, drainTimeoutMs }: Registration): Op {
  const { service, id, revision: _, ...rest } = instance;
  return { type: "put", key: instanceKey(service, id), value: encode({ ...rest, drainTimeoutMs }) };
}

/** Everything that the store holds about an instance. */
export function removeInstance(service: ServiceName, id: InstanceId): readonly Op[] {
  return [
    { type: "delete", key: instanceKey(service, id) },
    { type: "delete", key: suspectKey(service, id) },
  ];
}

export function putLease(service: ServiceName, id: InstanceId, lease: LeaseState): Op {
  const key = suspectKey(service, id);
  return lease === "suspect" ? { type: "put", key, value: new Uint8Array(0) } : { type: "delete", key };
}

export function putRevision(revision: number): Op {
  return { type: "put", key: REVISION_KEY, value: encode({ revision }) };
}

export function putPolicy(service: ServiceName, policy: ServicePolicy): Op {
  return { type: "put", key: serviceKey(service), value: encode({ policy }) };
}

/**
 * Undefined for keys that hold no record of the catalogue.
 * @throws Error when the record cannot be understood
 */
export function parseRecord(entry: Entry): CatalogueRecord | undefined {
  if (entry.key.startsWith(SERVICES)) {
    const service = parseServiceName(entry.key.slice(SERVICES.length));
    const { policy } = z.object({ policy: servicePolicySchema }).parse(decode(entry.value));
    return { type: "service", service, policy, revision: entry.rev };
  }
  if (entry.key === REVISION_KEY) {
    return { type: "revision", ...z.object({ revision: z.int().min(0) }).parse(decode(entry.value)) };
  }
  if (entry.key.startsWith(SUSPECTS)) return { type: "suspect", ...parseInstanceKey(entry.key) };
  if (!entry.key.startsWith(INSTANCES)) return undefined;
  const { drainTimeoutMs, ...rest } = instanceRecordSchema.parse(decode(entry.value));
  const instance = { ...rest, ...parseInstanceKey(entry.key), revision: entry.rev };
  return { type: "instance", registration: { instance, drainTimeoutMs } };
}

function decode(value: Uint8Array): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(value));
}
