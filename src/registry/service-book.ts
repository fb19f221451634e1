// One service in memory: its policy, its instances, who holds which address, and its snapshot. Snapshots are immutable
// and built at most once per turn of the event loop, so sorting and copying 10,000 instances is not paid per change.
import type { InstanceId, ServiceName } from "../model/ids.js";
import { type CatalogueInstance, effectiveHealth, endpointKey, type Instance } from "../model/instance.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy, type ServiceSnapshot } from "../model/service.js";
import type { DrainRamp } from "./drain-ramp.js";
import type { Lease } from "./lease-book.js";
import type { Registration } from "./records.js";

/** One registered instance. `view` is what others see: replaced, never changed. */
export interface Entry {
  registration: Registration;
  view: CatalogueInstance;
  readonly lease: Lease;
  /** Set while its share shrinks. */
  ramp: DrainRamp | undefined;
}

/** Another's word about the health of a service's instances, in every snapshot before it is seen. Keeps their order. */
export type HealthOverlay = (
  service: ServiceName,
  policy: ServicePolicy,
  instances: readonly CatalogueInstance[],
) => readonly CatalogueInstance[];

export class ServiceBook {
  readonly service: ServiceName;
  readonly #entries = new Map<InstanceId, Entry>();
  /** Holders of addresses by `endpointKey`, including those whose registration is still on its way to the store. */
  readonly endpoints = new Map<string, InstanceId>();
  policy: ServicePolicy = DEFAULT_SERVICE_POLICY;
  /** Revision at which the policy was put; 0 = the service is not declared. */
  policyRevision = 0;
  /** New instances that are on their way to the store. */
  creating = 0;
  /** Monotonic time at which the last instance was deregistered; undefined while there is one or never was. */
  emptiedAtMs: number | undefined;
  #sorted: Entry[] = [];
  #membersChanged = false;

  constructor(service: ServiceName) {
    this.service = service;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: InstanceId): Entry | undefined {
    return this.#entries.get(id);
  }

  importedIds(): readonly InstanceId[] {
    return [...this.#entries.values()].flatMap(({ registration: { instance } }) =>
      instance.imported === true ? [instance.id] : [],
    );
  }

  get declared(): boolean {
    return this.policyRevision > 0;
  }

  /** Nobody would miss it: no instance, no declaration, and no proxy that must be told that it is empty now. */
  get unused(): boolean {
    return this.#entries.size === 0 && this.creating === 0 && !this.declared && this.emptiedAtMs === undefined;
  }

  /** Whether others see the service; one whose first registration is under way is not there yet. */
  get visible(): boolean {
    return this.#entries.size > 0 || this.declared || this.emptiedAtMs !== undefined;
  }

  put(entry: Entry): void {
    const { instance } = entry.registration;
    this.endpoints.set(endpointKey(instance.address, instance.port), instance.id);
    this.emptiedAtMs = undefined;
    if (this.#entries.get(instance.id) === entry) return;
    this.#entries.set(instance.id, entry);
    this.#membersChanged = true;
  }

  /** Returns whether it was there. */
  remove(entry: Entry): boolean {
    const { instance } = entry.registration;
    if (this.#entries.get(instance.id) !== entry) return false;
    this.#entries.delete(instance.id);
    this.#membersChanged = true;
    this.release(instance);
    return true;
  }

  /** Gives an address free, unless somebody else has claimed it by now. */
  release(instance: Instance): void {
    const key = endpointKey(instance.address, instance.port);
    if (this.endpoints.get(key) === instance.id) this.endpoints.delete(key);
  }

  snapshot(revision: number, overlay: HealthOverlay): ServiceSnapshot {
    if (this.#membersChanged) {
      this.#sorted = [...this.#entries.values()].sort((a, b) => (a.lease.id < b.lease.id ? -1 : 1));
      this.#membersChanged = false;
    }
    const own = this.#sorted.map((entry) => entry.view);
    const instances = overlay(this.service, this.policy, own);
    if (instances !== own) {
      for (const [i, entry] of this.#sorted.entries()) entry.view = instances[i] ?? entry.view;
    }
    return { service: this.service, policy: this.policy, declared: this.declared, revision, instances };
  }
}

/** @param left of its share, while it drains */
export function viewOf(
  { instance, drainTimeoutMs: timeoutMs }: Registration,
  lease: Lease,
  left: number,
): CatalogueInstance {
  const drain = timeoutMs === undefined ? undefined : { left, timeoutMs };
  const health = effectiveHealth(instance, lease.state, drain);
  return { ...instance, lease: lease.state, health, ...(drain && { drain }) };
}
