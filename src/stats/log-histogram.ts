// A histogram of positive numbers with buckets of equal relative width, so that any quantile is right within 4.5 %
// wherever it lies, and histograms of different sources add up bucket by bucket (as HdrHistogram and DDSketch do).

/** Buckets per doubling: their width is 2^(1/8), 9 %; their middle is at most 4.5 % from any number in them. */
const PER_DOUBLING = 8;
/** Numbers below are counted as this one, numbers above 2^BITS times it as the largest. */
const LEAST = 2 ** -7;
const BITS = 29;
const BUCKETS = PER_DOUBLING * BITS;

/** Largest factor between a quantile and what is answered for it. */
export const QUANTILE_ERROR = 2 ** (1 / (2 * PER_DOUBLING));

export class LogHistogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param value not NaN */
  add(value: number): void {
    const bucket = Math.floor(Math.log2(Math.max(value, LEAST) / LEAST) * PER_DOUBLING);
    const at = Math.min(bucket, BUCKETS - 1);
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    this.#count += 1;
  }

  merge(other: LogHistogram): void {
    const { length } = this.#buckets;
    // By index: this runs for every endpoint in every round, and an iterator of pairs costs ten times as much.
    for (let at = 0; at < length; at++) this.#buckets[at] = (this.#buckets[at] ?? 0) + (other.#buckets[at] ?? 0);
    this.#count += other.#count;
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
  }

  /** Of n numbers the ceil(quantile · n)-th smallest, at least the first; undefined without any. @param quantile 0..1 */
  quantile(quantile: number): number | undefined {
    let left = Math.max(1, Math.ceil(quantile * this.#count));
    for (let at = 0; at < this.#buckets.length; at++) {
      left -= this.#buckets[at] ?? 0;
      if (left <= 0) return LEAST * 2 ** ((at + 0.5) / PER_DOUBLING);
    }
    return undefined;
  }
}
