// The durable state port. Keys are slash-separated paths; values are opaque bytes. Revisions grow by one per commit.

export type Rev = number;

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the commit that wrote it last. */
  readonly rev: Rev;
}

export type Op =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: string };

/** Compare-and-set: `key` must have exactly this revision; 0 = must be absent. */
export interface Guard {
  readonly key: string;
  readonly rev: Rev;
}

export type StoreEvent =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array; readonly rev: Rev }
  | { readonly type: "delete"; readonly key: string; readonly rev: Rev };

export interface WatchHandlers {
  /** Events of whole commits, in order of revision, without gaps. */
  events(batch: readonly StoreEvent[], rev: Rev): void;
  /** The asked revision is compacted away: take a new snapshot. */
  resync(): void;
}

export type CommitResult =
  | { readonly ok: true; readonly rev: Rev }
  /** No operation was applied. `current` holds the entries of the guards that failed (absent ones are missing). */
  | { readonly ok: false; readonly current: readonly Entry[] };

export interface StoreHealth {
  readonly up: boolean;
  readonly detail: string;
}

export interface StateStore {
  readonly caps: { readonly shared: boolean; readonly maxValueBytes: number; readonly maxOps: number };
  /** Consistent read of all keys that start with `prefix`. */
  snapshot(prefix: string): Promise<{ readonly rev: Rev; readonly entries: readonly Entry[] }>;
  /** Follows keys under `prefix` after revision `from`. Returns the closer. */
  watch(prefix: string, from: Rev, handlers: WatchHandlers): () => void;
  /**
   * Applies all operations or none, durably once resolved.
   * @throws SteelyardError ERR_STORE_FULL, ERR_STORE_UNAVAILABLE, ERR_INVALID_REQUEST (limits of `caps`)
   */
  commit(ops: readonly Op[], guards?: readonly Guard[]): Promise<CommitResult>;
  health(): StoreHealth;
  close(): Promise<void>;
}
