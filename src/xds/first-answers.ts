// The order in which clients that come all at once are served. All are let in, and a bounded number of them is sent a first
// answer at a time: what is queued then is streams, not copies of the whole configuration. A client that does not take its
// answer holds a place for a while only, so that a few stuck ones cannot keep out the fleet.
import type { Cancel, Clock } from "../runtime/clock.js";
import type { StreamMeter } from "./stream-meter.js";

/** A stream that waits for its turn. */
export interface Waiting {
  /** Called once, never from within `ask`. */
  admit(): void;
}

interface FirstAnswersOptions {
  readonly limits: { readonly maxFirstAnswers: number; readonly firstAnswerMs: number };
  readonly clock: Clock;
  readonly meter: Pick<StreamMeter, "waiting">;
}

export class FirstAnswers {
  readonly #options: FirstAnswersOptions;
  /** Who is being served, and since when; oldest first. */
  readonly #served = new Map<Waiting, number>();
  readonly #queue = new Set<Waiting>();
  #expiry: Cancel | undefined;

  constructor(options: FirstAnswersOptions) {
    this.#options = options;
  }

  /** May this one be served now? If not, it is told when. Each that has asked must say `done`. */
  ask(stream: Waiting): boolean {
    if (this.#queue.size === 0 && this.#served.size < this.#options.limits.maxFirstAnswers) {
      this.#serve(stream);
      return true;
    }
    this.#queue.add(stream);
    this.#tell();
    this.#scheduleExpiry();
    return false;
  }

  /** Its first answer has left, or it is gone. Harmless when said twice. */
  done(stream: Waiting): void {
    if (this.#queue.delete(stream)) this.#tell();
    if (this.#served.delete(stream)) this.#admit();
  }

  #serve(stream: Waiting): void {
    this.#served.set(stream, this.#options.clock.nowMs());
  }

  #admit(): void {
    const before = this.#queue.size;
    for (const stream of this.#queue) {
      if (this.#served.size >= this.#options.limits.maxFirstAnswers) break;
      this.#queue.delete(stream);
      this.#serve(stream);
      stream.admit();
    }
    if (this.#queue.size !== before) this.#tell();
    if (this.#queue.size === 0) {
      this.#expiry?.();
      this.#expiry = undefined;
    }
  }

  #scheduleExpiry(): void {
    if (this.#expiry) return;
    const { clock, limits } = this.#options;
    const [oldestMs = clock.nowMs()] = this.#served.values();
    this.#expiry = clock.schedule(Math.max(1, oldestMs + limits.firstAnswerMs - clock.nowMs()), () => {
      this.#expiry = undefined;
      for (const [stream, sinceMs] of this.#served) {
        if (clock.nowMs() - sinceMs < limits.firstAnswerMs) break;
        this.#served.delete(stream); // goes on being served, but no longer holds a place
      }
      this.#admit();
      if (this.#queue.size > 0) this.#scheduleExpiry();
    });
  }

  #tell(): void {
    this.#options.meter.waiting(this.#queue.size);
  }
}
