// Open-loop arrivals: a Poisson process whose rate may change at any time (schedules, bursts). Because the exponential
// has no memory, a change of rate is a new draw from now on, and the arrival drawn before is void.
import type { Rng } from "../../runtime/rng.js";
import { EventKind } from "../engine/event-kind.js";
import type { EventQueue } from "../engine/event-queue.js";
import { exponential } from "../engine/random-stream.js";

export class Arrivals {
  readonly #queue: EventQueue;
  readonly #rng: Rng;
  #meanGapMs: number;
  #generation = 0;

  /** @param rateRps requests per second, > 0 */
  constructor(queue: EventQueue, rng: Rng, rateRps: number) {
    this.#queue = queue;
    this.#rng = rng;
    this.#meanGapMs = 1_000 / rateRps;
  }

  start(): void {
    this.scheduleNext();
  }

  setRate(rateRps: number): void {
    this.#meanGapMs = 1_000 / rateRps;
    this.#generation = (this.#generation + 1) & 0xffff;
    this.scheduleNext();
  }

  isCurrent(generation: number): boolean {
    return generation === this.#generation;
  }

  scheduleNext(): void {
    const gapMs = this.#meanGapMs * exponential(this.#rng);
    this.#queue.push(this.#queue.timeMs + gapMs, EventKind.arrival, this.#generation);
  }
}
