// Audiences that come and go with their nodes would fill the memory of a server that runs for months. Off unless asked for:
// whoever fills an audience once, at its start, must find it full when its only client returns.
import type { Cancel, Clock } from "../runtime/clock.js";
import type { ResourceCache } from "./resource-cache.js";

interface IdleAudiencesOptions {
  readonly cache: ResourceCache;
  readonly clock: Clock;
  /** `undefined`: never. */
  readonly afterMs: number | undefined;
  readonly onCollected: (audience: string) => void;
}

export class IdleAudiences {
  readonly #options: IdleAudiencesOptions;
  readonly #waiting = new Map<string, Cancel>();

  constructor(options: IdleAudiencesOptions) {
    this.#options = options;
  }

  /** A stream of the audience was opened. */
  join(audience: string): void {
    this.#options.cache.attach(audience);
    this.#waiting.get(audience)?.();
    this.#waiting.delete(audience);
  }

  /** One that had joined is closed. */
  leave(audience: string): void {
    const { cache, clock, afterMs, onCollected } = this.#options;
    const last = cache.detach(audience);
    if (!last || afterMs === undefined) return;
    const cancel = clock.schedule(afterMs, () => {
      this.#waiting.delete(audience);
      if (cache.collect(audience)) onCollected(audience);
    });
    this.#waiting.set(audience, cancel);
  }

  stop(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
