// Open-loop arrivals: a Poisson process whose rate changes in steps. Exact by time rescaling: exponential gaps of mean 1 on
// the axis of the integrated rate, mapped back to time.
import type { Rng } from "../../../src/runtime/rng.js";

export interface RateSegment {
  readonly fromMs: number;
  /** Until the next segment, and for ever after the last; >= 0. */
  readonly rateRps: number;
}

export class PoissonArrivals {
  readonly #segments: readonly RateSegment[];
  readonly #rng: Rng;
  #at = 0;
  #nextMs: number;

  /** Segments in order of time, at least one; nothing arrives before the first. */
  constructor(segments: readonly RateSegment[], rng: Rng) {
    this.#segments = segments;
    this.#rng = rng;
    this.#nextMs = segments[0]?.fromMs ?? Number.POSITIVE_INFINITY;
    this.advance();
  }

  /** Infinity when the rate has become 0 for good. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** On to the arrival after `nextMs`. */
  advance(): void {
    let left = -Math.log(1 - this.#rng.next());
    for (;;) {
      const perMs = (this.#segments[this.#at]?.rateRps ?? 0) / 1000;
      const endMs = this.#segments[this.#at + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      const atMs = perMs === 0 ? Number.POSITIVE_INFINITY : this.#nextMs + left / perMs;
      if (atMs < endMs || endMs === Number.POSITIVE_INFINITY) {
        this.#nextMs = atMs;
        return;
      }
      left -= (endMs - this.#nextMs) * perMs;
      this.#nextMs = endMs;
      this.#at += 1;
    }
  }
}
