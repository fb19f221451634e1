// The exact quantile of the last few numbers: a ring of them in the order of arrival, and the same numbers sorted.
// A step is two binary searches and two moves of at most `capacity` numbers; nothing is allocated.

export class SlidingQuantile {
  readonly #quantile: number;
  readonly #arrivals: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;
  #next = 0;

  /**
   * @param capacity how many of the last numbers count, integer >= 1
   * @param quantile 0..1; of n numbers the ceil(quantile * n)-th smallest, at least the first
   */
  constructor(capacity: number, quantile: number) {
    this.#quantile = quantile;
    this.#arrivals = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  /** 0 before the first number. */
  get value(): number {
    return this.#sorted[Math.max(0, Math.ceil(this.#quantile * this.#count) - 1)] ?? 0;
  }

  /** @param value not NaN */
  add(value: number): void {
    const sorted = this.#sorted;
    if (this.#count === sorted.length) {
      const at = this.#rank(this.#arrivals[this.#next] ?? 0);
      sorted.copyWithin(at, at + 1, this.#count);
      this.#count -= 1;
    }
    const at = this.#rank(value);
    sorted.copyWithin(at + 1, at, this.#count);
    sorted[at] = value;
    this.#count += 1;
    this.#arrivals[this.#next] = value;
    this.#next = this.#next + 1 === sorted.length ? 0 : this.#next + 1;
  }

  /** How many are smaller. */
  #rank(value: number): number {
    let start = 0;
    let end = this.#count;
    while (start < end) {
      const middle = (start + end) >>> 1;
      if ((this.#sorted[middle] ?? 0) < value) start = middle + 1;
      else end = middle;
    }
    return start;
  }
}
