// Prequal's pool of probe answers (Wydrowski et al., NSDI 2024): few, fresh, each used a limited number of times. Owns
// the threshold between hot and cold, a quantile of the requests in flight that recent probes reported. Fixed memory.
import { SlidingQuantile } from "../../stats/sliding-quantile.js";

export interface Probe {
  readonly backendId: string;
  /** Requests in flight at the backend when it answered, integer >= 0. */
  readonly inFlight: number;
  /** What the backend expects a request to take at that load, milliseconds >= 0. */
  readonly latencyMs: number;
}

/** An answer in the pool, about the backend `owner`. */
export interface PoolProbe<Owner> {
  owner: Owner;
  inFlight: number;
  latencyMs: number;
  takenMs: number;
  usesLeft: number;
}

export interface ProbePoolOptions {
  readonly capacity: number;
  readonly maxAgeMs: number;
  /** Quantile of requests in flight above which a backend is hot, 0..1. */
  readonly hotQuantile: number;
}

/** Answers over which the quantile of requests in flight is taken. */
const RECENT = 128;

export class ProbePool<Owner> {
  readonly #options: ProbePoolOptions;
  /** The first `#size` are in use, oldest first; those behind wait to be used again. It never shrinks. */
  readonly #entries: PoolProbe<Owner>[] = [];
  #size = 0;
  readonly #reported: SlidingQuantile;

  constructor(options: ProbePoolOptions) {
    this.#options = options;
    this.#reported = new SlidingQuantile(RECENT, options.hotQuantile);
  }

  get size(): number {
    return this.#size;
  }

  /** @param index 0..size-1, oldest first */
  at(index: number): PoolProbe<Owner> | undefined {
    return index < this.#size ? this.#entries[index] : undefined;
  }

  /** Requests in flight above which a backend is hot. */
  get hotAbove(): number {
    return this.#reported.value;
  }

  /**
   * Makes room for an answer, which the caller fills in (numbers passed on would be boxed). A newer answer of the same
   * backend replaces the older; in a full pool it replaces the oldest.
   * @param inFlight what was reported, which moves the threshold
   */
  add(owner: Owner, inFlight: number): PoolProbe<Owner> {
    const older = this.#indexOf(owner);
    if (older >= 0) this.remove(older);
    else if (this.#size >= this.#options.capacity) this.remove(0);
    let entry = this.#entries[this.#size];
    if (entry === undefined) {
      entry = { owner, inFlight, latencyMs: 0, takenMs: 0, usesLeft: 0 };
      this.#entries.push(entry);
    }
    entry.owner = owner;
    entry.inFlight = inFlight;
    this.#size += 1;
    this.#reported.add(inFlight);
    return entry;
  }

  remove(index: number): void {
    const entry = this.at(index);
    if (entry === undefined) return;
    // By hand: the built-ins for arrays are generic or allocate.
    for (let i = index + 1; i < this.#size; i++) this.#entries[i - 1] = this.#entries[i] ?? entry;
    this.#size -= 1;
    this.#entries[this.#size] = entry;
  }

  removeExpired(nowMs: number): void {
    for (let i = this.#size - 1; i >= 0; i--) {
      if (nowMs - (this.#entries[i]?.takenMs ?? 0) > this.#options.maxAgeMs) this.remove(i);
    }
  }

  #indexOf(owner: Owner): number {
    for (let i = 0; i < this.#size; i++) if (this.#entries[i]?.owner === owner) return i;
    return -1;
  }
}
