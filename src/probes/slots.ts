// How much may be under way at the same time: a counting semaphore, first come, first served.

export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count integer >= 1 */
  constructor(count: number) {
    this.#free = count;
  }

  /** Whether the next one has to wait. */
  get exhausted(): boolean {
    return this.#free === 0;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
