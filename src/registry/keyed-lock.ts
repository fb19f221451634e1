// Lets asynchronous work on one key run one after the other, and work on different keys side by side.

export class KeyedLock {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** The same for several keys together: after everything that was asked for any of them before. */
  async runAll<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.flatMap((key) => this.#tails.get(key) ?? []);
    const result = Promise.allSettled(before).then(work);
    for (const key of keys) this.#tails.set(key, result);
    try {
      return await result;
    } finally {
      for (const key of keys) if (this.#tails.get(key) === result) this.#tails.delete(key);
    }
  }

  /** Runs `work` after everything that was asked for `key` before, whether that succeeded or not. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key);
    const result = before ? before.then(work, work) : work();
    this.#tails.set(key, result);
    try {
      return await result;
    } finally {
      if (this.#tails.get(key) === result) this.#tails.delete(key);
    }
  }
}
