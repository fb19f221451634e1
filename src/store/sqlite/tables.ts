// Reads and writes of the tables, inside the transaction of the caller. Owns the revision: it grows by one per commit,
// never goes back across restarts, and is on disk in the same transaction as what it counts.
import type { CommitResult, Entry, Guard, Op, Rev, StoreEvent } from "../state-store.js";
import type { Database, Query } from "./database.js";
import { AFTER_ASCII, SQL } from "./schema.js";

export interface Commit {
  readonly ops: readonly Op[];
  readonly guards: readonly Guard[];
}

export interface Outcome {
  readonly result: CommitResult;
  readonly events: readonly StoreEvent[];
}

/** Revisions as they were before a transaction, to go back to when it fails. */
export interface Mark {
  readonly rev: Rev;
  readonly compactedRev: Rev;
}

type Row = Readonly<Record<string, unknown>>;

export class SqliteTables {
  readonly #queries: { readonly [name in keyof typeof SQL]: Query };
  readonly #logCommits: number;
  #mark: Mark;

  constructor(database: Database, logCommits: number) {
    this.#queries = {
      meta: database.prepare(SQL.meta),
      setMeta: database.prepare(SQL.setMeta),
      scan: database.prepare(SQL.scan),
      get: database.prepare(SQL.get),
      put: database.prepare(SQL.put),
      remove: database.prepare(SQL.remove),
      log: database.prepare(SQL.log),
      trim: database.prepare(SQL.trim),
      changesSince: database.prepare(SQL.changesSince),
    };
    this.#logCommits = logCommits;
    const meta = new Map(this.#queries.meta.all([]).map((row) => [row["key"], Number(row["value"])]));
    this.#mark = { rev: meta.get("revision") ?? 0, compactedRev: meta.get("compacted") ?? 0 };
  }

  get rev(): Rev {
    return this.#mark.rev;
  }

  /** Every change after this revision is in the log. */
  get compactedRev(): Rev {
    return this.#mark.compactedRev;
  }

  mark(): Mark {
    return this.#mark;
  }

  restore(mark: Mark): void {
    this.#mark = mark;
  }

  scan(prefix: string): readonly Entry[] {
    return this.#queries.scan.all([prefix, prefix + AFTER_ASCII]).map(entryOf);
  }

  /** The newest change of each key, in order of revision. */
  changesSince(prefix: string, from: Rev): readonly StoreEvent[] {
    return this.#queries.changesSince.all([from, prefix, prefix + AFTER_ASCII]).map((row) => {
      const { key, rev } = keyOf(row);
      return row["op"] === "put" ? { type: "put", key, rev, value: bytesOf(row["v"]) } : { type: "delete", key, rev };
    });
  }

  /** Applies each commit that its guards let through; the outcome holds once the transaction is committed. */
  apply(commits: readonly Commit[]): readonly Outcome[] {
    const outcomes = commits.map((commit) => this.#applyOne(commit));
    this.#queries.setMeta.run([this.rev, "revision"]);
    this.#trim();
    return outcomes;
  }

  /** A write that changes nothing: fails while the disk is full or gone. */
  probe(): void {
    this.#queries.setMeta.run([this.rev, "probe"]);
  }

  #applyOne({ ops, guards }: Commit): Outcome {
    const current: Entry[] = [];
    let conflict = false;
    for (const guard of guards) {
      const row = this.#queries.get.get([guard.key]);
      const entry = row && entryOf(row);
      if ((entry?.rev ?? 0) === guard.rev) continue;
      conflict = true;
      if (entry) current.push(entry);
    }
    if (conflict) return { result: { ok: false, current }, events: [] };
    if (ops.length === 0) return { result: { ok: true, rev: this.rev }, events: [] };
    const rev = this.rev + 1;
    this.#mark = { ...this.#mark, rev };
    return { result: { ok: true, rev }, events: ops.flatMap((op) => this.#applyOp(op, rev)) };
  }

  #applyOp(op: Op, rev: Rev): StoreEvent[] {
    if (op.type === "delete") {
      if (!this.#queries.get.get([op.key])) return [];
      this.#queries.remove.run([op.key]);
    } else {
      this.#queries.put.run([op.key, op.value, rev]);
    }
    this.#queries.log.run([rev, op.key, op.type]);
    return [{ ...op, rev }];
  }

  /** In small steps, so that no single transaction pays for all of it. */
  #trim(): void {
    const step = Math.max(1, Math.floor(this.#logCommits / 10));
    if (this.rev - this.compactedRev < this.#logCommits + step) return;
    const compactedRev = this.rev - this.#logCommits;
    this.#queries.trim.run([compactedRev]);
    this.#queries.setMeta.run([compactedRev, "compacted"]);
    this.#mark = { ...this.#mark, compactedRev };
  }
}

function keyOf(row: Row): { readonly key: string; readonly rev: Rev } {
  return { key: String(row["k"]), rev: Number(row["rev"]) };
}

function entryOf(row: Row): Entry {
  return { ...keyOf(row), value: bytesOf(row["v"]) };
}

/** The driver gives blobs as Buffer from single rows and as ArrayBuffer from lists. */
function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  // Not instanceof: under a test runner the driver's ArrayBuffer belongs to another realm.
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value as ArrayBuffer);
  return new Uint8Array(0);
}
