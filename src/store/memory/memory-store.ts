// The StateStore without a disk: for tests, the library and `serve` without a data folder. The reference semantics that
// the conformance suite holds the other stores to.
import { SteelyardError } from "../../model/errors.js";
import { type Logger, silentLogger } from "../../runtime/logger.js";
import { type Backlog, ChangeFeed } from "../change-feed.js";
import { checkCommit, checkPrefix, detachOps } from "../commit-rules.js";
import type {
  CommitResult,
  Entry,
  Guard,
  Op,
  Rev,
  StateStore,
  StoreEvent,
  StoreHealth,
  WatchHandlers,
} from "../state-store.js";

interface LogRow {
  readonly rev: Rev;
  readonly key: string;
}

export interface MemoryStoreOptions {
  readonly logger?: Logger;
  /** Changed keys that a watcher may be behind before it must resync. Default 10,000. */
  readonly logRows?: number;
}

export class MemoryStore implements StateStore {
  readonly caps = { shared: false, maxValueBytes: 1_048_576, maxOps: 4_096 } as const;
  readonly #values = new Map<string, Entry>();
  readonly #feed: ChangeFeed;
  readonly #logRows: number;
  #log: LogRow[] = [];
  #rev: Rev = 0;
  /** Every change after this revision is in the log. */
  #compactedRev: Rev = 0;
  #closed = false;

  constructor(options: MemoryStoreOptions = {}) {
    this.#feed = new ChangeFeed({ logger: options.logger ?? silentLogger });
    this.#logRows = options.logRows ?? 10_000;
  }

  async snapshot(prefix: string): Promise<{ readonly rev: Rev; readonly entries: readonly Entry[] }> {
    this.#assertOpen();
    checkPrefix(prefix);
    const entries = [...this.#values.values()]
      .filter((entry) => entry.key.startsWith(prefix))
      .map((entry) => ({ ...entry, value: Uint8Array.from(entry.value) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    return { rev: this.#rev, entries };
  }

  watch(prefix: string, from: Rev, handlers: WatchHandlers): () => void {
    this.#assertOpen();
    checkPrefix(prefix);
    return this.#feed.add(prefix, handlers, this.#backlog(prefix, from));
  }

  async commit(ops: readonly Op[], guards: readonly Guard[] = []): Promise<CommitResult> {
    this.#assertOpen();
    checkCommit(ops, guards, this.caps);
    const failed = guards.filter((guard) => (this.#values.get(guard.key)?.rev ?? 0) !== guard.rev);
    if (failed.length > 0) {
      return { ok: false, current: failed.flatMap((guard) => this.#values.get(guard.key) ?? []) };
    }
    if (ops.length === 0) return { ok: true, rev: this.#rev };
    const rev = ++this.#rev;
    const events = detachOps(ops).flatMap((op) => this.#apply(op, rev));
    this.#feed.publish(events, rev);
    this.#trim();
    return { ok: true, rev };
  }

  health(): StoreHealth {
    return this.#closed ? { up: false, detail: "memory, closed" } : { up: true, detail: "memory" };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#feed.close();
  }

  /** Deleting what is not there changes nothing, and so is no event. */
  #apply(op: Op, rev: Rev): StoreEvent[] {
    if (op.type === "delete") {
      if (!this.#values.delete(op.key)) return [];
      this.#log.push({ rev, key: op.key });
      return [{ type: "delete", key: op.key, rev }];
    }
    this.#values.set(op.key, { key: op.key, value: op.value, rev });
    this.#log.push({ rev, key: op.key });
    return [{ type: "put", key: op.key, value: Uint8Array.from(op.value), rev }];
  }

  #backlog(prefix: string, from: Rev): Backlog {
    if (from < this.#compactedRev || from > this.#rev) return "compacted";
    const newest = new Map<string, Rev>();
    for (const { key, rev } of this.#log) {
      if (rev > from && key.startsWith(prefix)) newest.set(key, rev);
    }
    const events = [...newest].map(([key, rev]): StoreEvent => {
      const entry = this.#values.get(key);
      return entry ? { type: "put", ...entry, value: Uint8Array.from(entry.value) } : { type: "delete", key, rev };
    });
    return { events: events.sort((a, b) => a.rev - b.rev), rev: this.#rev };
  }

  #trim(): void {
    if (this.#log.length <= 2 * this.#logRows) return;
    this.#compactedRev = this.#log.at(-this.#logRows - 1)?.rev ?? this.#rev;
    this.#log = this.#log.filter((row) => row.rev > this.#compactedRev);
  }

  #assertOpen(): void {
    if (this.#closed) throw new SteelyardError("ERR_STORE_UNAVAILABLE", "the store is closed");
  }
}
