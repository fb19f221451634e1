// The catalogue in memory. Owns two invariants across writes that are still on their way to the store: an address is
// held by one instance of a service, and no quota is passed. So a write first claims its place and address, without any
// await in between, then commits, and then is adopted or gives the claim back.
import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import { endpointKey, type Instance } from "../model/instance.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy } from "../model/service.js";
import { leftOf } from "./drain-ramp.js";
import type { LeaseBook, LeaseTerms } from "./lease-book.js";
import type { RegistryLimits } from "./limits.js";
import type { Registration } from "./records.js";
import { wantsTraffic } from "./registration-rules.js";
import { type Entry, ServiceBook, viewOf } from "./service-book.js";

export interface Claim {
  /** The silent or draining instance that holds the address until now: to be removed in the same commit. */
  readonly displaced: Entry | undefined;
  /** The write is done, well or not. */
  settle(written: boolean): void;
}

export interface CatalogueOptions {
  readonly leases: LeaseBook;
  readonly limits: RegistryLimits;
  /** Called with each service whose snapshot is out of date. */
  readonly onChange: (book: ServiceBook) => void;
}

export class Catalogue {
  /** Instances whose status came with a heartbeat and is not in the store yet. */
  readonly unsaved = new Set<Entry>();
  /** Instances whose lease state has changed since it was saved. */
  readonly unsavedLeases = new Set<Entry>();
  /** Instances whose share shrinks step by step. */
  readonly #ramping = new Set<Entry>();
  readonly #books = new Map<ServiceName, ServiceBook>();
  readonly #leases: LeaseBook;
  readonly #limits: RegistryLimits;
  readonly #onChange: (book: ServiceBook) => void;
  #creating = 0;

  constructor(options: CatalogueOptions) {
    this.#leases = options.leases;
    this.#limits = options.limits;
    this.#onChange = options.onChange;
  }

  get size(): number {
    return this.#books.size;
  }

  book(service: ServiceName): ServiceBook | undefined {
    return this.#books.get(service);
  }

  find(service: ServiceName, id: InstanceId): Entry | undefined {
    return this.#books.get(service)?.get(id);
  }

  /** Who has the address and port of `instance` in its service. */
  holderOf(instance: Instance): Entry | undefined {
    const holder = this.#books.get(instance.service)?.endpoints.get(endpointKey(instance.address, instance.port));
    return holder === undefined ? undefined : this.find(instance.service, holder);
  }

  /** @throws SteelyardError ERR_ADDRESS_CONFLICT, ERR_QUOTA_EXCEEDED */
  claim(instance: Instance, nowMs: number): Claim {
    const { service, id } = instance;
    const key = endpointKey(instance.address, instance.port);
    const holder = this.#books.get(service)?.endpoints.get(key);
    const displaced = holder === undefined || holder === id ? undefined : this.#displace(service, holder, key, nowMs);
    const creates = this.find(service, id) ? 0 : 1;
    if (creates > 0) this.#assertRoom(service, displaced ? 1 : 0);
    const book = this.bookFor(service);
    book.creating += creates;
    this.#creating += creates;
    book.endpoints.set(key, id);
    return {
      displaced,
      settle: (written) => {
        book.creating -= creates;
        this.#creating -= creates;
        if (written) return;
        if (holder !== undefined) book.endpoints.set(key, holder);
        else book.endpoints.delete(key);
        this.#dropUnused(book);
      },
    };
  }

  /** Takes over what is in the store now. `restored`: its owner has not been heard in this process. */
  adopt(registration: Registration, nowMs: number, restored = false): Entry {
    const { instance, drainTimeoutMs, drainRampMs = 0 } = registration;
    const book = this.bookFor(instance.service);
    const known = book.get(instance.id);
    const terms = termsOf(instance);
    const unheard = restored && instance.imported !== true;
    const lease = known?.lease ?? this.#leases.open(instance.service, instance.id, terms, nowMs, unheard);
    if (known) {
      this.#leases.amend(lease, terms);
      book.release(known.registration.instance);
    }
    const entry = known ?? { registration, view: viewOf(registration, lease, 0), lease, ramp: undefined };
    // Any other change of a draining instance leaves its time running.
    const before = known?.registration;
    if (drainTimeoutMs !== before?.drainTimeoutMs || drainRampMs !== (before?.drainRampMs ?? 0)) {
      const afterMs = drainTimeoutMs === undefined ? undefined : drainRampMs + drainTimeoutMs;
      this.#leases.drainAfter(lease, afterMs, nowMs);
      entry.ramp = drainRampMs > 0 ? { startedAtMs: nowMs, rampMs: drainRampMs } : undefined;
      if (entry.ramp) this.#ramping.add(entry);
      else this.#ramping.delete(entry);
    }
    entry.registration = registration;
    this.unsaved.delete(entry);
    book.put(entry);
    this.refresh(entry, nowMs);
    return entry;
  }

  /** Shares of draining instances at this time. */
  stepDrains(nowMs: number): void {
    for (const entry of this.#ramping) {
      if (entry.ramp === undefined || leftOf(entry.ramp, nowMs) === entry.view.drain?.left) continue;
      this.refresh(entry, nowMs);
    }
  }

  /** A status that only memory knows, until it is saved. */
  setStatus(entry: Entry, status: Instance["status"]): void {
    const instance = { ...entry.registration.instance, status };
    entry.registration = { ...entry.registration, instance };
    this.unsaved.add(entry);
    this.#leases.amend(entry.lease, termsOf(instance));
    this.refresh(entry);
  }

  /** The lease turned suspect, or live again. */
  leaseChanged(entry: Entry): void {
    this.unsavedLeases.add(entry);
    this.refresh(entry);
  }

  /** As a restart found it. */
  restoreSuspect(entry: Entry, nowMs: number): void {
    if (entry.registration.instance.imported === true) return;
    this.#leases.restoreSuspect(entry.lease, nowMs);
    this.refresh(entry);
  }

  /** Builds the view anew after the registration or the lease has changed. @param nowMs default: as long ago as it was built */
  refresh(entry: Entry, nowMs?: number): void {
    const { ramp, view } = entry;
    const leftNow = ramp === undefined || nowMs === undefined ? (view.drain?.left ?? 0) : leftOf(ramp, nowMs);
    const left = ramp === undefined ? 0 : leftNow;
    if (left <= 0) {
      entry.ramp = undefined;
      this.#ramping.delete(entry);
    }
    entry.view = viewOf(entry.registration, entry.lease, left);
    const book = this.#books.get(entry.lease.service);
    if (book) this.#onChange(book);
  }

  remove(entry: Entry, nowMs: number): void {
    const { instance } = entry.registration;
    const book = this.#books.get(instance.service);
    if (!book?.remove(entry)) return;
    this.#leases.close(entry.lease);
    this.#ramping.delete(entry);
    this.unsaved.delete(entry);
    this.unsavedLeases.delete(entry);
    if (book.size === 0) book.emptiedAtMs = nowMs;
    this.#onChange(book);
  }

  declare(service: ServiceName, policy: ServicePolicy, revision: number): void {
    const book = this.bookFor(service);
    book.policy = policy;
    book.policyRevision = revision;
    this.#onChange(book);
  }

  /** Back to the default policy; without instances the service is gone. */
  undeclare(service: ServiceName): void {
    const book = this.#books.get(service);
    if (!book) return;
    book.policy = DEFAULT_SERVICE_POLICY;
    book.policyRevision = 0;
    this.#forget(book);
  }

  /** Forgets the undeclared services whose last instance was deregistered at or before `untilMs`. */
  forgetEmptied(untilMs: number): void {
    for (const book of this.#books.values()) {
      if (book.emptiedAtMs !== undefined && book.emptiedAtMs <= untilMs && !book.declared) this.#forget(book);
    }
  }

  /** @throws SteelyardError ERR_QUOTA_EXCEEDED when the service is new and one too many */
  assertRoomForService(service: ServiceName): void {
    if (this.#books.has(service) || this.#books.size < this.#limits.maxServices) return;
    throw quota(`there are ${this.#books.size} services, the limit is ${this.#limits.maxServices}`);
  }

  bookFor(service: ServiceName): ServiceBook {
    let book = this.#books.get(service);
    if (!book) {
      book = new ServiceBook(service);
      this.#books.set(service, book);
    }
    return book;
  }

  #assertRoom(service: ServiceName, leaving: number): void {
    this.assertRoomForService(service);
    const book = this.#books.get(service);
    const { maxInstancesPerService, maxInstances } = this.#limits;
    if ((book?.size ?? 0) + (book?.creating ?? 0) - leaving >= maxInstancesPerService) {
      throw quota(`service ${service} has ${maxInstancesPerService} instances, which is the limit`);
    }
    if (this.#leases.size + this.#creating - leaving >= maxInstances) {
      throw quota(`there are ${maxInstances} instances, which is the limit`);
    }
  }

  /**
   * Addresses are reused: a process that is silent or on its way out gives its address to the newcomer, which has just
   * shown to be alive. A holder that beats keeps it.
   */
  #displace(service: ServiceName, holder: InstanceId, key: string, nowMs: number): Entry {
    const entry = this.find(service, holder);
    if (entry && (entry.view.health === "DRAINING" || this.#leases.isSilent(entry.lease, nowMs))) return entry;
    throw new SteelyardError("ERR_ADDRESS_CONFLICT", `instance ${holder} of ${service} has the address ${key}`);
  }

  #forget(book: ServiceBook): void {
    if (book.size === 0) book.emptiedAtMs = undefined;
    this.#dropUnused(book);
    this.#onChange(book);
  }

  #dropUnused(book: ServiceBook): void {
    if (book.unused) this.#books.delete(book.service);
  }
}

function termsOf(instance: Instance): LeaseTerms {
  const { imported, deregisterAfterMs } = instance;
  const ttlMs = imported === true ? Number.POSITIVE_INFINITY : instance.ttlMs;
  return { ttlMs, deregisterAfterMs, ready: wantsTraffic(instance) };
}

function quota(message: string): SteelyardError {
  return new SteelyardError("ERR_QUOTA_EXCEEDED", message);
}
