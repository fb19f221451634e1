// Bounds retries to a part of the requests, so that they cannot multiply the load on a fleet that is already failing.
// A token bucket as in Finagle's RetryBudget: each request adds `ratio` of a token, time adds a trickle for services with
// few requests, a retry takes a whole one. Invariant: over any span, retries <= maxTokens + ratio·requests + trickle.
import type { Clock } from "../../runtime/clock.js";

export interface RetryBudgetOptions {
  readonly clock: Clock;
  /** Retries per request in the long run, 0..1. Default 0.2. */
  readonly ratio?: number;
  /** Retries per second that are allowed whatever the request rate, >= 0. Default 1. */
  readonly minRetriesPerS?: number;
  /** Retries that may come at once, >= 1; also what a new budget holds. Default 100. */
  readonly maxTokens?: number;
}

/** To be shared by all that call the same service. */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #ratio: number;
  readonly #minRetriesPerS: number;
  readonly #maxTokens: number;
  #tokens: number;
  #updatedMs: number;

  constructor({ clock, ratio = 0.2, minRetriesPerS = 1, maxTokens = 100 }: RetryBudgetOptions) {
    this.#clock = clock;
    this.#ratio = ratio;
    this.#minRetriesPerS = minRetriesPerS;
    this.#maxTokens = maxTokens;
    this.#tokens = maxTokens;
    this.#updatedMs = clock.nowMs();
  }

  /** One request has come in; its retries are not requests. */
  onRequest(): void {
    this.#add(this.#ratio);
  }

  /** Takes a token; false = no retry now. */
  tryRetry(): boolean {
    this.#add(0);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #add(tokens: number): void {
    const nowMs = this.#clock.nowMs();
    const trickle = (Math.max(0, nowMs - this.#updatedMs) / 1_000) * this.#minRetriesPerS;
    this.#tokens = Math.min(this.#maxTokens, this.#tokens + tokens + trickle);
    this.#updatedMs = nowMs;
  }
}
