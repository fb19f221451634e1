// How many (proxy, endpoint) samples all services together may hold: the bound on the memory of the signal book.

export class SampleBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Exchanges `before` held samples for `after`; false, and nothing changed, when that goes beyond the limit. */
  exchange(before: number, after: number): boolean {
    const used = this.#used - before + after;
    if (after > before && used > this.#limit) return false;
    this.#used = used;
    return true;
  }
}
