// The embedded default: one SQLite file in a folder that one server owns. Commits of one event-loop turn share a
// transaction (group commit), so a burst of registrations costs one write to the log; each keeps its own guards and
// revision. After a failed write the store reports itself down, keeps trying, and never claims what is not on disk.
import { SteelyardError } from "../../model/errors.js";
import type { Cancel, Clock } from "../../runtime/clock.js";
import type { Logger } from "../../runtime/logger.js";
import { type MetricSink, noMetrics } from "../../runtime/metrics.js";
import { type Backlog, ChangeFeed } from "../change-feed.js";
import { checkCommit, checkPrefix, detachOps } from "../commit-rules.js";
import type { CommitResult, Entry, Guard, Op, Rev, StateStore, StoreHealth, WatchHandlers } from "../state-store.js";
import { Database, storeError } from "./database.js";
import { SqliteTables } from "./tables.js";

const PROBE_MS = 5_000;
/** About 10 ms of the event loop. */
const MAX_ROWS_PER_TRANSACTION = 500;
const MAX_QUEUED = 20_000;

export interface SqliteStoreOptions {
  /** Created with mode 0700 when missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics?: MetricSink;
  /** `normal` (default) survives a crash of the process, `full` also loses nothing on power failure. */
  readonly durability?: "normal" | "full";
  /** Upper bound of the file, default 1 GiB; beyond it commits fail with ERR_STORE_FULL. */
  readonly maxFileBytes?: number;
  /** Commits that a watcher may be behind before it must resync. Default 10,000. */
  readonly logCommits?: number;
}

interface Pending {
  readonly ops: readonly Op[];
  readonly guards: readonly Guard[];
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: SteelyardError) => void;
}

export class SqliteStore implements StateStore {
  readonly caps = { shared: false, maxValueBytes: 1_048_576, maxOps: 4_096 } as const;
  /** True when a damaged file was moved aside at open, so that the store started empty. */
  readonly recovered: boolean;
  readonly #database: Database;
  readonly #tables: SqliteTables;
  readonly #feed: ChangeFeed;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #metrics: MetricSink;
  readonly #detail: string;
  readonly #queue: Pending[] = [];
  #flushing: NodeJS.Immediate | undefined;
  #probe: Cancel | undefined;
  #failure: string | undefined;
  #closed = false;

  /**
   * @throws SteelyardError ERR_STORE_LOCKED when another store, of this process or another, holds the folder;
   *   ERR_STORE_FULL, ERR_STORE_UNAVAILABLE
   */
  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const { database, movedTo } = Database.open({
      dataDir: options.dataDir,
      durability: options.durability ?? "normal",
      maxFileBytes: options.maxFileBytes ?? 1_073_741_824,
      wallMs: options.clock.wallMs(),
    });
    if (movedTo !== undefined) {
      options.logger.error({ movedTo }, "data file damaged: moved aside, starting empty");
    }
    return new SqliteStore(options, database, movedTo);
  }

  private constructor(options: SqliteStoreOptions, database: Database, movedTo: string | undefined) {
    this.#database = database;
    this.#tables = new SqliteTables(database, options.logCommits ?? 10_000);
    this.#feed = new ChangeFeed({ logger: options.logger });
    this.#logger = options.logger;
    this.#clock = options.clock;
    this.#metrics = options.metrics ?? noMetrics;
    this.recovered = movedTo !== undefined;
    this.#detail = movedTo === undefined ? "sqlite" : `sqlite, recovered: true, damaged file kept as ${movedTo}`;
    this.#metrics.gauge("steelyard_store_up", 1);
  }

  async snapshot(prefix: string): Promise<{ readonly rev: Rev; readonly entries: readonly Entry[] }> {
    this.#assertOpen();
    checkPrefix(prefix);
    try {
      return { rev: this.#tables.rev, entries: this.#tables.scan(prefix) };
    } catch (error) {
      throw this.#failed(error);
    }
  }

  watch(prefix: string, from: Rev, handlers: WatchHandlers): () => void {
    this.#assertOpen();
    checkPrefix(prefix);
    return this.#feed.add(prefix, handlers, this.#backlog(prefix, from));
  }

  async commit(ops: readonly Op[], guards: readonly Guard[] = []): Promise<CommitResult> {
    this.#assertOpen();
    checkCommit(ops, guards, this.caps);
    if (this.#queue.length >= MAX_QUEUED) {
      throw new SteelyardError("ERR_STORE_UNAVAILABLE", "too many commits are waiting");
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ops: detachOps(ops), guards: [...guards], resolve, reject });
      this.#flushing ??= setImmediate(() => this.#flush());
    });
  }

  health(): StoreHealth {
    if (this.#closed) return { up: false, detail: `${this.#detail}, closed` };
    return { up: this.#failure === undefined, detail: this.#failure ?? this.#detail };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    while (this.#queue.length > 0) this.#flush();
    this.#closed = true;
    clearImmediate(this.#flushing);
    this.#probe?.();
    this.#feed.close();
    try {
      this.#database.close();
    } catch (error) {
      this.#logger.warn({ err: error }, "data file not tidied at close; the next start does it");
    }
  }

  #flush(): void {
    const group = this.#takeGroup();
    this.#flushing = this.#queue.length > 0 ? setImmediate(() => this.#flush()) : undefined;
    if (group.length === 0) return;
    const startMs = this.#clock.nowMs();
    const mark = this.#tables.mark();
    try {
      const outcomes = this.#database.transaction(() => this.#tables.apply(group));
      this.#succeeded();
      this.#metrics.observe("steelyard_store_commit_seconds", (this.#clock.nowMs() - startMs) / 1_000);
      for (const [index, { result, events }] of outcomes.entries()) {
        group[index]?.resolve(result);
        if (result.ok && events.length > 0) this.#feed.publish(events, result.rev);
        this.#metrics.count("steelyard_store_commits_total", { result: result.ok ? "ok" : "conflict" });
      }
    } catch (error) {
      this.#tables.restore(mark);
      const failure = this.#failed(error);
      for (const pending of group) pending.reject(failure);
      this.#metrics.count("steelyard_store_commits_total", { result: "error" }, group.length);
    }
  }

  /** Bounds the transaction, so that a burst does not hold the event loop. */
  #takeGroup(): readonly Pending[] {
    let rows = 0;
    let count = 0;
    for (const pending of this.#queue) {
      rows += pending.ops.length + pending.guards.length;
      if (count > 0 && rows > MAX_ROWS_PER_TRANSACTION) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #backlog(prefix: string, from: Rev): Backlog {
    if (from < this.#tables.compactedRev || from > this.#tables.rev) return "compacted";
    try {
      return { events: this.#tables.changesSince(prefix, from), rev: this.#tables.rev };
    } catch (error) {
      this.#failed(error);
      return "compacted";
    }
  }

  #failed(error: unknown): SteelyardError {
    const failure = storeError(error);
    if (this.#failure === undefined) this.#logger.error({ err: error, code: failure.code }, "store down");
    this.#failure = `${this.#detail}, ${failure.message}`;
    this.#metrics.gauge("steelyard_store_up", 0);
    this.#probe ??= this.#clock.schedule(PROBE_MS, () => this.#tryAgain());
    return failure;
  }

  #succeeded(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#probe?.();
    this.#probe = undefined;
    this.#metrics.gauge("steelyard_store_up", 1);
    this.#logger.info({}, "store up again");
  }

  #tryAgain(): void {
    this.#probe = undefined;
    try {
      this.#database.transaction(() => this.#tables.probe());
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new SteelyardError("ERR_STORE_UNAVAILABLE", "the store is closed");
  }
}
