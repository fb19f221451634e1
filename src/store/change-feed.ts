// Fans committed events out to watchers, in order and without gaps. Deliveries happen in microtasks, so a watcher may
// call the store; what was committed in between arrives as one batch. The idea of `resync` instead of an unbounded
// backlog is etcd's compaction error.
import type { Logger } from "../runtime/logger.js";
import type { Rev, StoreEvent, WatchHandlers } from "./state-store.js";

/** What a new watcher missed since its revision, newest event per key; `compacted` = nobody knows any more. */
export type Backlog = { readonly events: readonly StoreEvent[]; readonly rev: Rev } | "compacted";

interface Watcher {
  readonly prefix: string;
  readonly handlers: WatchHandlers;
  pending: StoreEvent[];
  rev: Rev;
  scheduled: boolean;
}

export class ChangeFeed {
  readonly #watchers = new Set<Watcher>();
  readonly #logger: Logger;

  constructor(options: { readonly logger: Logger }) {
    this.#logger = options.logger;
  }

  /** Events of one commit. */
  publish(events: readonly StoreEvent[], rev: Rev): void {
    for (const watcher of this.#watchers) {
      const matching = events.filter((event) => event.key.startsWith(watcher.prefix));
      if (matching.length > 0) this.#enqueue(watcher, matching, rev);
    }
  }

  /** Delivers the backlog first. Returns the closer, after which no handler is called. */
  add(prefix: string, handlers: WatchHandlers, backlog: Backlog): () => void {
    const watcher: Watcher = { prefix, handlers, pending: [], rev: 0, scheduled: false };
    this.#watchers.add(watcher);
    if (backlog === "compacted") {
      queueMicrotask(() => {
        if (this.#watchers.delete(watcher)) this.#guarded(() => handlers.resync());
      });
    } else if (backlog.events.length > 0) {
      this.#enqueue(watcher, backlog.events, backlog.rev);
    }
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  close(): void {
    this.#watchers.clear();
  }

  #enqueue(watcher: Watcher, events: readonly StoreEvent[], rev: Rev): void {
    watcher.pending.push(...events);
    watcher.rev = rev;
    if (watcher.scheduled) return;
    watcher.scheduled = true;
    queueMicrotask(() => {
      watcher.scheduled = false;
      const batch = watcher.pending;
      watcher.pending = [];
      if (this.#watchers.has(watcher)) this.#guarded(() => watcher.handlers.events(batch, watcher.rev));
    });
  }

  /** One watcher's defect must not keep the others from their events. */
  #guarded(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      this.#logger.error({ err: error }, "store watcher failed");
    }
  }
}
