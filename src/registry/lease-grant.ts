// The answer to a registration or heartbeat: how long it holds and when to come again. The jitter keeps clients that
// started together from beating together for ever.
import type { Clock } from "../runtime/clock.js";
import type { Rng } from "../runtime/rng.js";
import type { StateStore } from "../store/state-store.js";
import type { Lease, LeaseBook } from "./lease-book.js";

const BEATS_PER_TTL = 3;
const JITTER = 0.1;

export interface LeaseGrant {
  readonly ttlMs: number;
  /** When the next beat is wanted: a third of the ttl, 10 % more or less. */
  readonly heartbeatAfterMs: number;
  /** Wall clock, for display only. */
  readonly expiresAtWallMs: number;
  /** The store cannot take writes now: the beat counts, a new registration would not. */
  readonly degraded: boolean;
}

export class LeaseGranter {
  readonly #leases: LeaseBook;
  readonly #store: StateStore;
  readonly #clock: Clock;
  readonly #rng: Rng;

  constructor(options: {
    readonly leases: LeaseBook;
    readonly store: StateStore;
    readonly clock: Clock;
    readonly rng: Rng;
  }) {
    this.#leases = options.leases;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#rng = options.rng;
  }

  grant(lease: Lease): LeaseGrant {
    const jitter = 1 + JITTER * (2 * this.#rng.next() - 1);
    return {
      ttlMs: lease.ttlMs,
      heartbeatAfterMs: Math.round((lease.ttlMs / BEATS_PER_TTL) * jitter),
      expiresAtWallMs: Math.round(this.#clock.wallMs() + this.#leases.remainingMs(lease, this.#clock.nowMs())),
      degraded: !this.#store.health().up,
    };
  }
}
