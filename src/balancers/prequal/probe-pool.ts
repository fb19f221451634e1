// Prequal's pool of probe answers (Wydrowski et al., NSDI 2024): few, fresh, each used a limited number of times. Owns
// the threshold between hot and cold, a quantile of the requests in flight that recent probes reported. Fixed memory.

export interface Probe {
  readonly backendId: string;
  /** Requests in flight at the backend when it answered, integer >= 0. */
  readonly inFlight: number;
  /** What the backend expects a request to take at that load, milliseconds >= 0. */
  readonly latencyMs: number;
}

export interface PoolProbe {
  backendId: string;
  inFlight: number;
  latencyMs: number;
  takenMs: number;
  usesLeft: number;
}

/** Answers over which the quantile of requests in flight is taken. */
const RECENT = 128;

export class ProbePool {
  readonly #capacity: number;
  readonly #maxAgeMs: number;
  readonly #hotQuantile: number;
  /** Oldest first. Entries are reused, so that a probe costs no allocation. */
  readonly #probes: PoolProbe[] = [];
  readonly #spare: PoolProbe[] = [];
  readonly #recent = new Float64Array(RECENT);
  readonly #sorted = new Float64Array(RECENT);
  #seen = 0;
  #thresholdIsStale = true;
  #hotAbove = 0;

  constructor(options: { capacity: number; maxAgeMs: number; hotQuantile: number }) {
    this.#capacity = options.capacity;
    this.#maxAgeMs = options.maxAgeMs;
    this.#hotQuantile = options.hotQuantile;
  }

  get size(): number {
    return this.#probes.length;
  }

  at(index: number): PoolProbe | undefined {
    return this.#probes[index];
  }

  /** A newer answer of the same backend replaces the older; in a full pool it replaces the oldest. */
  add(probe: Probe, nowMs: number, uses: number): void {
    for (let i = this.#probes.length - 1; i >= 0; i--)
      if (this.#probes[i]?.backendId === probe.backendId) this.remove(i);
    if (this.#probes.length >= this.#capacity) this.remove(0);
    const entry = this.#spare.pop() ?? { backendId: "", inFlight: 0, latencyMs: 0, takenMs: 0, usesLeft: 0 };
    entry.backendId = probe.backendId;
    entry.inFlight = probe.inFlight;
    entry.latencyMs = probe.latencyMs;
    entry.takenMs = nowMs;
    entry.usesLeft = uses;
    this.#probes.push(entry);
    this.#recent[this.#seen % RECENT] = probe.inFlight;
    this.#seen += 1;
    this.#thresholdIsStale = true;
  }

  remove(index: number): void {
    const entry = this.#probes[index];
    if (entry === undefined) return;
    this.#probes.copyWithin(index, index + 1);
    this.#probes.pop();
    this.#spare.push(entry);
  }

  removeExpired(nowMs: number): void {
    for (let i = this.#probes.length - 1; i >= 0; i--) {
      if (nowMs - (this.#probes[i]?.takenMs ?? 0) > this.#maxAgeMs) this.remove(i);
    }
  }

  /** Requests in flight above which a backend is hot. */
  get hotAbove(): number {
    if (this.#thresholdIsStale) {
      const count = Math.min(this.#seen, RECENT);
      this.#sorted.fill(Infinity);
      for (let i = 0; i < count; i++) this.#sorted[i] = this.#recent[i] ?? 0;
      this.#sorted.sort();
      this.#hotAbove = this.#sorted[Math.max(0, Math.ceil(this.#hotQuantile * count) - 1)] ?? 0;
      this.#thresholdIsStale = false;
    }
    return this.#hotAbove;
  }
}
