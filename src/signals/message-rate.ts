// How many messages one stream may send: a token bucket. Reports come once a second; after a stall of ours a minute's
// worth may arrive at once.
import type { Clock } from "../runtime/clock.js";

const BURST = 60;
const PER_SECOND = 4;

export class MessageRate {
  readonly #clock: Clock;
  #tokens = BURST;
  #filledAtMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAtMs = clock.nowMs();
  }

  /** Whether one more message may be looked at now. */
  admit(): boolean {
    const nowMs = this.#clock.nowMs();
    this.#tokens = Math.min(BURST, this.#tokens + ((nowMs - this.#filledAtMs) / 1_000) * PER_SECOND);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
