// Decides when silence is more likely ours than theirs: when many instances fall silent together, the network between
// them and us is the better suspect, and nobody is moved out. The 85 % rule is Eureka's; where Eureka counts beats per
// minute, this measures silence per lease in its own ttl. So clients that beat too often cannot hide the silence of
// others, and leases of an hour are judged as fairly as those of thirty seconds.

export interface SilenceCount {
  /** All instances, of every lease state. */
  readonly instances: number;
  /** Those that have not been moved out. */
  readonly live: number;
  /** Sum of `silence` over the live ones. */
  readonly silence: number;
}

/** Fewer instances than this cannot tell their own failure from ours. */
export const MIN_INSTANCES = 5;
const EXPECTED = 0.85;
const INTERVAL_MS = 10_000;
const GOOD_INTERVALS = 2;

/**
 * Missed part, 0..1, of the beats that a lease should have sent over two ttls (60 s at the default ttl). Beats are due
 * every third of a ttl; up to half a ttl without one is no silence yet.
 */
export function silence(gapMs: number, ttlMs: number): number {
  return gapMs <= ttlMs / 2 ? 0 : Math.min(1, gapMs / (2 * ttlMs));
}

export class SelfPreservation {
  #goodSinceMs: number | undefined;
  #active = false;

  get active(): boolean {
    return this.#active;
  }

  /** Takes the state at `nowMs`; returns whether nobody may be moved out. Left after 20 s above the threshold. */
  update(count: SilenceCount, nowMs: number): boolean {
    if (count.instances < MIN_INSTANCES) {
      this.#active = false;
      return false;
    }
    const heard = count.live === 0 ? 1 : 1 - count.silence / count.live;
    if (heard < EXPECTED) {
      this.#active = true;
      this.#goodSinceMs = undefined;
    } else if (this.#active) {
      this.#goodSinceMs ??= nowMs;
      this.#active = nowMs - this.#goodSinceMs < GOOD_INTERVALS * INTERVAL_MS;
    }
    return this.#active;
  }
}
