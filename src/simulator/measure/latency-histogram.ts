// Latencies in logarithmic buckets: a quantile is off by at most half a bucket (0.5 %), and histograms of several runs
// add up bucket by bucket (as in HdrHistogram and DDSketch).

const SMALLEST_MS = 0.01;
const LOG_WIDTH = Math.log(1.01);
/** Up to some 2.5 hours. */
const BUCKETS = 2_080;

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Milliseconds; undefined when empty. */
  get meanMs(): number | undefined {
    return this.#count === 0 ? undefined : this.#sumMs / this.#count;
  }

  record(latencyMs: number): void {
    const position = latencyMs <= SMALLEST_MS ? 0 : (Math.log(latencyMs / SMALLEST_MS) / LOG_WIDTH + 1) | 0;
    const bucket = position < BUCKETS ? position : BUCKETS - 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += latencyMs;
  }

  merge(other: LatencyHistogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i] = (this.#counts[i] ?? 0) + (other.#counts[i] ?? 0);
    this.#count += other.#count;
    this.#sumMs += other.#sumMs;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
  }

  /** @param q 0..1 @returns milliseconds; undefined when empty */
  quantile(q: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.max(1, Math.ceil(q * this.#count));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i] ?? 0;
      if (seen >= rank) return i === 0 ? SMALLEST_MS : SMALLEST_MS * Math.exp((i - 0.5) * LOG_WIDTH);
    }
    return undefined;
  }
}
