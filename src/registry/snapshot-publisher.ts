// Publishes immutable snapshots of the services that changed, once per turn of the event loop however many changes
// there were. Owns the revision of the catalogue: it never goes back, and grows with lease changes as well, which the
// store does not see.
import type { ServiceName } from "../model/ids.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../model/service.js";
import { WatchableMap } from "../runtime/watchable-map.js";
import type { HealthOverlay, ServiceBook } from "./service-book.js";

export class SnapshotPublisher {
  readonly services = new WatchableMap<ServiceName, ServiceSnapshot>();
  readonly #overlay: HealthOverlay;
  readonly #changed = new Set<ServiceBook>();
  #publication: Promise<void> | undefined;
  #durableRevision = 0;
  #revision = 0;
  #fresh = true;

  constructor(overlay: HealthOverlay = (_service, _policy, instances) => instances) {
    this.#overlay = overlay;
  }

  get revision(): number {
    return this.#revision;
  }

  /** A restart now would let revisions come again that clients have seen. */
  get aheadOfStore(): boolean {
    return this.#revision > this.#durableRevision;
  }

  /** The revision found at the start; the first snapshots carry it, for nothing has changed since. */
  restored(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.committed(this.#revision);
  }

  /** A commit of the registry took effect at this revision, or this revision was saved. */
  committed(revision: number): void {
    this.#durableRevision = Math.max(this.#durableRevision, revision);
  }

  touch(book: ServiceBook): void {
    this.#changed.add(book);
    this.#publication ??= Promise.resolve().then(() => this.#publish());
  }

  /** Resolves when every change so far is in `services`. */
  async published(): Promise<void> {
    await this.#publication;
  }

  #publish(): void {
    this.#publication = undefined;
    this.#revision = Math.max(this.#revision + (this.#fresh ? 0 : 1), this.#durableRevision);
    this.#fresh = false;
    for (const book of this.#changed) {
      if (book.visible) this.services.store(book.service, book.snapshot(this.#revision, this.#overlay));
      else {
        this.#overlay(book.service, DEFAULT_SERVICE_POLICY, []); // so that it forgets the service as well
        this.services.delete(book.service);
      }
    }
    this.#changed.clear();
  }
}
