// The loop that turns lease decisions into changes of the catalogue, every 250 ms. It writes to the store in the
// background and waits for nothing: what cannot be written now is decided again later.
import type { Cancel, Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { StateStore } from "../store/state-store.js";
import type { Catalogue } from "./catalogue.js";
import type { CatalogueWriter } from "./catalogue-writer.js";
import type { Lease, LeaseBook } from "./lease-book.js";
import { TICK_MS } from "./listening-clock.js";
import { putRevision, REVISION_KEY } from "./records.js";
import type { Entry } from "./service-book.js";
import type { SnapshotPublisher } from "./snapshot-publisher.js";

/** How long a service that was emptied by deregistration is shown as empty, so that every proxy is told. */
export const EMPTIED_RETENTION_MS = 600_000;
const MAX_SAVES_PER_TICK = 500;

export interface LeaseKeeperOptions {
  readonly leases: LeaseBook;
  readonly catalogue: Catalogue;
  readonly writer: CatalogueWriter;
  readonly publisher: SnapshotPublisher;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
  /** Whether heartbeats can reach this process. */
  readonly canHear: () => boolean;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #inFlight = new Set<Promise<void>>();
  #cancel: Cancel | undefined;
  #preserved = preservedBy({ all: false, services: [] });
  #lostMs = 0;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel ??= this.#options.clock.schedule(TICK_MS, () => this.#tick());
  }

  /** Saves what only memory knows, as far as the store takes it. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#options.store.health().up) this.#saveChanges(Number.POSITIVE_INFINITY);
    await Promise.all(this.#inFlight);
    if (this.#options.publisher.aheadOfStore) this.#background(() => this.#saveRevision());
    await Promise.all(this.#inFlight);
  }

  #tick(): void {
    const { leases, catalogue, clock, store, publisher, metrics, canHear } = this.#options;
    this.#cancel = clock.schedule(TICK_MS, () => this.#tick());
    const nowMs = clock.nowMs();
    const storeUp = store.health().up;
    const { suspects, expired, drained } = leases.tick(nowMs, storeUp && canHear());
    for (const lease of suspects) this.#suspect(lease);
    this.#report(suspects, "suspect");
    for (const lease of expired) this.#remove(lease);
    this.#report(expired, "expired");
    for (const lease of drained) this.#remove(lease);
    this.#report(drained, "drained");
    if (storeUp) {
      this.#saveChanges(MAX_SAVES_PER_TICK);
      if (publisher.aheadOfStore) this.#background(() => this.#saveRevision());
    }
    catalogue.stepDrains(nowMs);
    catalogue.forgetEmptied(nowMs - EMPTIED_RETENTION_MS);
    metrics.gauge("steelyard_registry_services", catalogue.size);
    metrics.gauge("steelyard_registry_instances", leases.size - leases.suspects, { lease: "live" });
    metrics.gauge("steelyard_registry_instances", leases.suspects, { lease: "suspect" });
    this.#reportSilence();
  }

  #suspect(lease: Lease): void {
    const entry = this.#options.catalogue.find(lease.service, lease.id);
    if (entry) this.#options.catalogue.leaseChanged(entry);
  }

  #remove(lease: Lease): void {
    const { writer, leases, clock } = this.#options;
    this.#background(async () => {
      try {
        await writer.write(lease.service, lease.id, (known) => {
          const due = known?.lease === lease && leases.stillDue(lease, clock.nowMs());
          return { type: due ? "remove" : "keep" };
        });
      } finally {
        leases.keep(lease, clock.nowMs());
      }
    });
  }

  #saveChanges(limit: number): void {
    const { unsaved, unsavedLeases } = this.#options.catalogue;
    for (const entry of take(unsaved, limit)) this.#background(() => this.#saveStatus(entry));
    for (const entry of take(unsavedLeases, limit)) this.#background(() => this.#saveLease(entry));
  }

  async #saveStatus(entry: Entry): Promise<void> {
    const { writer, catalogue } = this.#options;
    const { service, id } = entry.lease;
    try {
      await writer.write(service, id, (known) =>
        known === entry ? { type: "put", registration: entry.registration } : { type: "keep" },
      );
    } catch (error) {
      if (catalogue.find(service, id) === entry) catalogue.unsaved.add(entry);
      throw error;
    }
  }

  async #saveLease(entry: Entry): Promise<void> {
    const { writer, catalogue } = this.#options;
    try {
      await writer.saveLease(entry);
    } catch (error) {
      if (catalogue.find(entry.lease.service, entry.lease.id) === entry) catalogue.unsavedLeases.add(entry);
      throw error;
    }
  }

  async #saveRevision(): Promise<void> {
    const { writer, publisher } = this.#options;
    let revision = 0;
    await writer.writeKey(
      REVISION_KEY,
      () => {
        revision = publisher.revision;
        return publisher.aheadOfStore ? putRevision(revision) : undefined;
      },
      () => publisher.committed(revision),
    );
  }

  /** A failed write is the store's to report; here it only means that the work is still to be done. */
  #background(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => this.#options.logger.debug({ err: error }, "background write postponed"))
      .finally(() => this.#inFlight.delete(done));
    this.#inFlight.add(done);
  }

  #report(moved: readonly Lease[], to: "suspect" | "expired" | "drained"): void {
    if (moved.length === 0) return;
    const { logger, metrics } = this.#options;
    metrics.count("steelyard_registry_lease_moves_total", { to }, moved.length);
    const some = moved.slice(0, 10).map((lease) => `${lease.service}/${lease.id}`);
    logger.info({ count: moved.length, some }, `leases ${to}`);
  }

  #reportSilence(): void {
    const { leases, logger, metrics } = this.#options;
    if (leases.lostMs > this.#lostMs) {
      metrics.count("steelyard_registry_unheard_seconds_total", {}, (leases.lostMs - this.#lostMs) / 1_000);
      this.#lostMs = leases.lostMs;
    }
    const { all, services } = leases.preservation;
    metrics.gauge("steelyard_registry_self_preservation", all ? 1 : 0);
    metrics.gauge("steelyard_registry_self_preservation_services", services.length);
    const preserved = preservedBy({ all, services });
    if (preserved === this.#preserved) return;
    this.#preserved = preserved;
    logger.warn({ all, services: services.slice(0, 10), count: services.length }, "self-preservation changed");
  }
}

/** Equal for equal sets of protected services: only a change is worth a line in the log. */
function preservedBy({ all, services }: LeaseBook["preservation"]): string {
  return `${all}:${services.join()}`;
}

/** Takes up to `limit` items out of the set. */
function take(set: Set<Entry>, limit: number): readonly Entry[] {
  const taken: Entry[] = [];
  for (const entry of set) {
    if (taken.length >= limit) break;
    set.delete(entry);
    taken.push(entry);
  }
  return taken;
}
