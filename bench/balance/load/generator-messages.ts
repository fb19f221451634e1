// What the director and the load generator say to each other over Node's IPC. Everything is told at the start: while the
// load runs, nobody has to talk to it.
import type { RateSegment } from "./poisson-arrivals.js";

export interface GeneratorSpec {
  readonly streams: readonly {
    /** Host header, which names the contender. */
    readonly host: string;
    readonly segments: readonly RateSegment[];
  }[];
  /** Port of each Envoy. */
  readonly ports: readonly number[];
  readonly seed: number;
  readonly lengthMs: number;
  /** Milliseconds to wait at the end for what is in flight. */
  readonly drainMs: number;
  /** Where the records go. */
  readonly recordsFile: string;
}

export interface GeneratorStart {
  /** On the machine's time line. */
  readonly startMs: number;
}

export type GeneratorMessage =
  | { readonly kind: "ready" }
  /** It gave up: it could not send in time, so what it would measure is itself. */
  | { readonly kind: "late"; readonly lagMs: number }
  /** The records are in the file. */
  | { readonly kind: "done"; readonly lag: { readonly meanMs: number; readonly maxMs: number } };
