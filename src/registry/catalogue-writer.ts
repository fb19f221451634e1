// The way of a change into the catalogue: decide, claim, commit with guards, adopt. Changes of one instance run one
// after the other, those of different instances share the store's group commit. When the store holds another version
// than memory (a write that was reported lost had happened after all), memory follows the store and decides again.
import { SteelyardError } from "../model/errors.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { Instance } from "../model/instance.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Guard, Op, StateStore, Entry as StoreEntry } from "../store/state-store.js";
import type { Catalogue, Claim } from "./catalogue.js";
import { KeyedLock } from "./keyed-lock.js";
import {
  instanceKey,
  parseInstanceKey,
  parseRecord,
  putLease,
  putRegistration,
  REGISTRY_PREFIX,
  type Registration,
  removeInstance,
} from "./records.js";
import type { Decision } from "./registration-rules.js";
import type { Entry } from "./service-book.js";
import type { SnapshotPublisher } from "./snapshot-publisher.js";

/** Sees the instance as it is now. What it throws goes to the caller, and nothing is written. */
export type Decide = (known: Entry | undefined) => Decision;

export interface Written {
  /** Undefined when there is no such instance afterwards. */
  readonly entry: Entry | undefined;
  readonly outcome: "created" | "changed" | "unchanged" | "removed";
}

export interface CatalogueWriterOptions {
  readonly store: StateStore;
  readonly catalogue: Catalogue;
  readonly publisher: SnapshotPublisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

const ATTEMPTS = 3;

export class CatalogueWriter {
  readonly #store: StateStore;
  readonly #catalogue: Catalogue;
  readonly #publisher: SnapshotPublisher;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: MetricSink;
  readonly #lock = new KeyedLock();
  /** Revisions of records that exist and are not in the catalogue: unreadable, or with an address that is taken. */
  readonly #ignored = new Map<string, number>();

  constructor(options: CatalogueWriterOptions) {
    this.#store = options.store;
    this.#catalogue = options.catalogue;
    this.#publisher = options.publisher;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
  }

  /**
   * Fills the catalogue from the store, once, before anything is written.
   * @throws SteelyardError ERR_STORE_UNAVAILABLE
   */
  async load(): Promise<void> {
    const { rev, entries } = await this.#store.snapshot(REGISTRY_PREFIX);
    this.#publisher.restored(rev);
    const nowMs = this.#clock.nowMs();
    for (const entry of entries) this.#take(entry, nowMs); // sorted by key: instances before their suspicions
    await this.#publisher.published();
  }

  /**
   * Commits a change of something else than an instance, after all earlier ones of the same key; `adopt` runs in the
   * same turn as the commit resolves. Nothing to do when `decide` returns undefined.
   */
  async writeKey(key: string, decide: () => Op | undefined, adopt: (rev: number) => void): Promise<void> {
    await this.#lock.run(key, async () => {
      const op = decide();
      if (op) {
        const result = await this.#store.commit([op]);
        if (!result.ok) throw new SteelyardError("ERR_INTERNAL", `an unguarded commit of ${key} was refused`);
        this.#publisher.committed(result.rev);
        adopt(result.rev);
      }
      await this.#publisher.published();
    });
  }

  /** Saves the state of a lease as it is when its turn comes, if the instance is still there. */
  async saveLease(entry: Entry): Promise<void> {
    const { service, id } = entry.lease;
    await this.#lock.run(instanceKey(service, id), async () => {
      if (this.#catalogue.find(service, id) !== entry) return;
      await this.#commit([putLease(service, id, entry.lease.state)], []);
    });
  }

  /**
   * Resolves once the change is in the store and in the published snapshot.
   * @throws SteelyardError of `decide`, of the claim, of the store; ERR_REVISION_MISMATCH after three lost races
   */
  async write(service: ServiceName, id: InstanceId, decide: Decide): Promise<Written> {
    return this.#lock.run(instanceKey(service, id), async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const written = await this.#attempt(service, id, decide);
        if (!written) continue;
        await this.#publisher.published();
        return written;
      }
      throw new SteelyardError("ERR_REVISION_MISMATCH", `instance ${id} of ${service} is being changed elsewhere`);
    });
  }

  /**
   * Changes several instances of a service in one commit, or none of them. `decide` sees the catalogue as it is then, and
   * names no other instances than `ids`.
   * @throws as `write` does
   */
  async writeAll(
    service: ServiceName,
    ids: readonly InstanceId[],
    decide: () => ReadonlyMap<InstanceId, Decision>,
  ): Promise<ReadonlyMap<InstanceId, Written["outcome"]>> {
    const keys = ids.map((id) => instanceKey(service, id));
    return this.#lock.runAll(keys, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const outcomes = await this.#attemptAll(service, decide());
        if (!outcomes) continue;
        await this.#publisher.published();
        return outcomes;
      }
      throw new SteelyardError("ERR_REVISION_MISMATCH", `instances of ${service} are being changed elsewhere`);
    });
  }

  async #attemptAll(
    service: ServiceName,
    decisions: ReadonlyMap<InstanceId, Decision>,
  ): Promise<ReadonlyMap<InstanceId, Written["outcome"]> | undefined> {
    const claims: Claim[] = [];
    const [ops, guards]: [Op[], Guard[]] = [[], []];
    const outcomes = new Map<InstanceId, Written["outcome"]>();
    const adoptions: ((rev: number, nowMs: number) => void)[] = [];
    let rev: number | undefined;
    try {
      for (const [id, decision] of decisions) {
        const known = this.#catalogue.find(service, id);
        outcomes.set(id, "unchanged");
        if (decision.type === "put") {
          const { registration } = decision;
          const claim = this.#catalogue.claim(registration.instance, this.#clock.nowMs());
          claims.push(claim);
          if (claim.displaced) {
            const { instance } = claim.displaced.registration;
            ops.push(...removeInstance(instance.service, instance.id));
            guards.push(this.#guard(instance, claim.displaced));
          }
          ops.push(putRegistration(registration));
          guards.push(this.#guard(registration.instance, known));
          outcomes.set(id, known ? "changed" : "created");
          adoptions.push((revision, nowMs) => {
            this.#ignored.delete(instanceKey(service, id));
            this.#catalogue.adopt({ ...registration, instance: { ...registration.instance, revision } }, nowMs);
            if (claim.displaced) this.#catalogue.remove(claim.displaced, nowMs);
          });
        } else if (decision.type === "remove" && known) {
          ops.push({ type: "delete", key: instanceKey(service, id) });
          guards.push(this.#guard(known.registration.instance, known));
          outcomes.set(id, "removed");
          adoptions.push((_revision, nowMs) => this.#catalogue.remove(known, nowMs));
        }
      }
      if (ops.length === 0) return outcomes;
      rev = await this.#commit(ops, guards);
    } finally {
      for (const claim of claims) claim.settle(rev !== undefined);
    }
    if (rev === undefined) return undefined;
    for (const adopt of adoptions) adopt(rev, this.#clock.nowMs());
    return outcomes;
  }

  async #attempt(service: ServiceName, id: InstanceId, decide: Decide): Promise<Written | undefined> {
    const known = this.#catalogue.find(service, id);
    const decision = decide(known);
    if (decision.type === "put") return this.#put(decision.registration, known);
    if (decision.type === "remove" && known) return this.#remove(known);
    return { entry: known, outcome: "unchanged" };
  }

  async #put(registration: Registration, known: Entry | undefined): Promise<Written | undefined> {
    const { instance } = registration;
    const before = known?.registration;
    const claim = this.#catalogue.claim(instance, this.#clock.nowMs());
    let rev: number | undefined;
    try {
      const leaving = claim.displaced?.registration.instance;
      const ops = [putRegistration(registration)];
      if (!known) ops.push(putLease(instance.service, instance.id, "live")); // whatever a predecessor left behind
      if (leaving) ops.push(...removeInstance(leaving.service, leaving.id));
      rev = await this.#commit(ops, [
        this.#guard(instance, known),
        ...(leaving ? [this.#guard(leaving, claim.displaced)] : []),
      ]);
    } finally {
      claim.settle(rev !== undefined);
    }
    if (rev === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    this.#ignored.delete(instanceKey(instance.service, instance.id));
    if (claim.displaced) {
      const { service, id } = claim.displaced.lease;
      this.#logger.warn({ service, displaced: id, by: instance.id }, "address taken over from a silent instance");
    }
    const beaten = known && known.registration !== before ? known.registration.instance.status : undefined;
    const entry = this.#catalogue.adopt({ ...registration, instance: { ...instance, revision: rev } }, nowMs);
    // A heartbeat brought a newer status while the commit was under way.
    if (beaten !== undefined && registration.drainTimeoutMs === undefined) this.#catalogue.setStatus(entry, beaten);
    if (claim.displaced) this.#catalogue.remove(claim.displaced, nowMs);
    return { entry, outcome: known ? "changed" : "created" };
  }

  async #remove(known: Entry): Promise<Written | undefined> {
    const { instance } = known.registration;
    const ops = removeInstance(instance.service, instance.id);
    const rev = await this.#commit(ops, [this.#guard(instance, known)]);
    if (rev === undefined) return undefined;
    this.#catalogue.remove(known, this.#clock.nowMs());
    return { entry: undefined, outcome: "removed" };
  }

  /** The revision, or undefined when memory was behind the store and has caught up. */
  async #commit(ops: readonly Op[], guards: readonly Guard[]): Promise<number | undefined> {
    const result = await this.#store.commit(ops, guards);
    if (result.ok) {
      this.#publisher.committed(result.rev);
      return result.rev;
    }
    this.#logger.warn({ keys: guards.map((guard) => guard.key) }, "catalogue is behind the store");
    for (const { key } of guards) {
      const { entries } = await this.#store.snapshot(key);
      this.#follow(
        key,
        entries.find((entry) => entry.key === key),
      );
    }
    return undefined;
  }

  #follow(key: string, stored: StoreEntry | undefined): void {
    const nowMs = this.#clock.nowMs();
    const { service, id } = parseInstanceKey(key);
    const known = this.#catalogue.find(service, id);
    if (!stored) {
      this.#ignored.delete(key);
      if (known) this.#catalogue.remove(known, nowMs);
    } else if (stored.rev !== known?.registration.instance.revision) {
      this.#take(stored, nowMs);
    }
  }

  /** What cannot be used is left in the store, counted, and overwritten by the next registration of that id. */
  #take(stored: StoreEntry, nowMs: number): void {
    try {
      const record = parseRecord(stored);
      if (record?.type === "instance") this.#adoptStored(record.registration, nowMs);
      if (record?.type === "revision") this.#publisher.restored(record.revision);
      if (record?.type === "suspect") {
        const entry = this.#catalogue.find(record.service, record.id);
        if (entry) this.#catalogue.restoreSuspect(entry, nowMs);
      }
      if (record?.type === "service") this.#catalogue.declare(record.service, record.policy, record.revision);
    } catch (error) {
      this.#ignore(stored.key, stored.rev, SteelyardError.from(error).message);
    }
  }

  /** Envoy takes only one of two equal addresses; here the younger record has it. */
  #adoptStored(registration: Registration, nowMs: number): void {
    const { instance } = registration;
    const holder = this.#catalogue.holderOf(instance);
    if (holder && holder.lease.id !== instance.id) {
      const held = holder.registration.instance;
      const older = held.revision < instance.revision ? held : instance;
      this.#ignore(instanceKey(older.service, older.id), older.revision, "another instance has its address");
      if (older === instance) return;
      this.#catalogue.remove(holder, nowMs);
    }
    this.#catalogue.adopt(registration, nowMs, true);
  }

  #ignore(key: string, rev: number, reason: string): void {
    this.#ignored.set(key, rev);
    this.#metrics.count("steelyard_registry_bad_records_total");
    this.#logger.error({ key, reason }, "record of the catalogue ignored");
  }

  #guard(instance: Instance, known: Entry | undefined): Guard {
    const key = instanceKey(instance.service, instance.id);
    return { key, rev: known?.registration.instance.revision ?? this.#ignored.get(key) ?? 0 };
  }
}
