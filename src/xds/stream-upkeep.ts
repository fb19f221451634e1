// Looks after open streams a few times a minute, so that none needs a timer of its own: cuts those whose client has taken
// nothing for too long, and sends the oldest ones elsewhere, a few at a time, so that a fleet spreads over the replicas
// there are. What a stalled stream holds is bounded all the while; cutting it frees the rest and lets the client start anew.
import { status } from "@grpc/grpc-js";
import type { Cancel, Clock } from "../runtime/clock.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Rng } from "../runtime/rng.js";
import { StreamError } from "./stream-error.js";

export interface Kept {
  /** What was written and not confirmed; with the count of confirmations it tells who makes progress. */
  readonly unconfirmed: number;
  readonly confirmations: number;
  /** Ends the stream at once, whatever waits to be written. */
  cut(error: StreamError): void;
  /** Ends the stream and tells the client to connect anew; the connection is closed when it has nothing else to do. */
  retire(error: StreamError): void;
}

interface StreamUpkeepOptions {
  readonly limits: { readonly maxStallMs: number; readonly maxStreamAgeMs: number };
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: MetricSink;
}

interface Watch {
  readonly retireAtMs: number;
  confirmations: number;
  /** Since when there is something unconfirmed and no progress. */
  stalledSinceMs: number | undefined;
}

/** Ages are spread this far to either side, so that streams which began together do not end together. */
const AGE_JITTER = 0.2;
const LOOKS_PER_STALL = 4;

export class StreamUpkeep {
  readonly #options: StreamUpkeepOptions;
  readonly #streams = new Map<Kept, Watch>();
  #next: Cancel | undefined;

  constructor(options: StreamUpkeepOptions) {
    this.#options = options;
  }

  add(stream: Kept): void {
    const { clock, rng, limits } = this.#options;
    const ageMs = limits.maxStreamAgeMs * (1 + AGE_JITTER * (2 * rng.next() - 1));
    this.#streams.set(stream, {
      retireAtMs: clock.nowMs() + ageMs,
      confirmations: stream.confirmations,
      stalledSinceMs: undefined,
    });
    this.#schedule();
  }

  remove(stream: Kept): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#next?.();
    this.#next = undefined;
  }

  #schedule(): void {
    const { clock, limits } = this.#options;
    const delayMs = Math.min(limits.maxStallMs, limits.maxStreamAgeMs) / LOOKS_PER_STALL;
    if (delayMs === Number.POSITIVE_INFINITY) return;
    this.#next ??= clock.schedule(delayMs, () => {
      this.#next = undefined;
      for (const [stream, watch] of this.#streams) this.#look(stream, watch);
      if (this.#streams.size > 0) this.#schedule();
    });
  }

  #look(stream: Kept, watch: Watch): void {
    const { clock, limits, metrics } = this.#options;
    const nowMs = clock.nowMs();
    const progress = stream.unconfirmed === 0 || stream.confirmations !== watch.confirmations;
    watch.confirmations = stream.confirmations;
    if (progress) watch.stalledSinceMs = stream.unconfirmed === 0 ? undefined : nowMs;
    else watch.stalledSinceMs ??= nowMs;
    if (watch.stalledSinceMs !== undefined && nowMs - watch.stalledSinceMs >= limits.maxStallMs) {
      metrics.count("steelyard_xds_streams_cut_total", { reason: "stalled" });
      stream.cut(new StreamError(status.DEADLINE_EXCEEDED, `nothing was read for ${limits.maxStallMs / 1000} s`));
    } else if (nowMs >= watch.retireAtMs) {
      metrics.count("steelyard_xds_streams_cut_total", { reason: "age" });
      stream.retire(new StreamError(status.UNAVAILABLE, "the stream is old: connect anew"));
    }
  }
}
