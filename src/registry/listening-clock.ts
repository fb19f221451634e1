// Time during which heartbeats could be heard. It stands still while the process was stopped, the event loop hung or the
// store was away, so every deadline measured on it moves by just that much (law 6) without touching a single lease.

/** How often somebody should look at the clock. */
export const TICK_MS = 250;
/** A look that comes later than this beyond the tick means that nobody listened in between. */
export const STALL_MS = 1_000;

export class ListeningClock {
  #seenMs: number;
  #lostMs = 0;
  #hearing = true;

  /** `nowMs` is monotonic, as everywhere. */
  constructor(nowMs: number) {
    this.#seenMs = nowMs;
  }

  /** Listening time at the monotonic time `nowMs`; never goes back. */
  at(nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#seenMs);
    this.#seenMs = Math.max(this.#seenMs, nowMs);
    if (!this.#hearing) this.#lostMs += elapsedMs;
    else if (elapsedMs > TICK_MS + STALL_MS) this.#lostMs += elapsedMs - TICK_MS;
    return this.#seenMs - this.#lostMs;
  }

  /** From `nowMs` on, time counts only while `hearing`. */
  setHearing(hearing: boolean, nowMs: number): void {
    this.at(nowMs);
    this.#hearing = hearing;
  }

  /** Milliseconds that did not count, since the start. */
  get lostMs(): number {
    return this.#lostMs;
  }
}
