// How long to wait before the next attempt. Jitter is not optional: requests that failed together would otherwise come
// back together. Source: Brooker, "Exponential backoff and jitter" (2015); full jitter with these defaults is Envoy's.
import type { Rng } from "../../runtime/rng.js";

/**
 * `full`: uniform in 0..min(max, base·2^n). `decorrelated`: uniform in base..3·(the delay before), at most max; spreads
 * more, and never retries at once.
 */
export interface BackOffSettings {
  readonly jitter: "full" | "decorrelated";
  /** Milliseconds, > 0. */
  readonly baseMs: number;
  /** Milliseconds, >= `baseMs`. */
  readonly maxMs: number;
}

export const DEFAULT_BACK_OFF: BackOffSettings = { jitter: "full", baseMs: 25, maxMs: 250 };

/** The delays of one request, in turn. */
export class BackOff {
  readonly #settings: BackOffSettings;
  readonly #rng: Rng;
  #previousMs: number;
  #ceilingMs: number;

  constructor(settings: BackOffSettings, rng: Rng) {
    this.#settings = settings;
    this.#rng = rng;
    this.#previousMs = settings.baseMs;
    this.#ceilingMs = settings.baseMs;
  }

  /** Milliseconds, 0..`maxMs`. */
  nextMs(): number {
    const { jitter, baseMs, maxMs } = this.#settings;
    if (jitter === "full") {
      const delayMs = this.#rng.next() * Math.min(maxMs, this.#ceilingMs);
      this.#ceilingMs = Math.min(maxMs, this.#ceilingMs * 2);
      return delayMs;
    }
    this.#previousMs = Math.min(maxMs, baseMs + this.#rng.next() * (3 * this.#previousMs - baseMs));
    return this.#previousMs;
  }
}
