// A queue between events and a test that awaits them one by one.

interface Waiter<T> {
  readonly wants: (item: T) => boolean;
  readonly resolve: (item: T) => void;
}

export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiters = new Set<Waiter<T>>();

  /** What has arrived and nobody took. */
  get items(): readonly T[] {
    return this.#items;
  }

  put(item: T): void {
    for (const waiter of this.#waiters) {
      if (!waiter.wants(item)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(item);
      return;
    }
    this.#items.push(item);
  }

  /** Takes the oldest item that `wants` accepts, waiting for it at most `timeoutMs`. */
  take(wants: (item: T) => boolean, timeoutMs: number, describe: () => string): Promise<T> {
    const index = this.#items.findIndex(wants);
    if (index >= 0) {
      const [item] = this.#items.splice(index, 1);
      return Promise.resolve(item as T);
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`nothing within ${timeoutMs} ms: ${describe()}`));
      }, timeoutMs);
      const waiter: Waiter<T> = {
        wants,
        resolve: (item) => {
          clearTimeout(timer);
          resolve(item);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  clear(): void {
    this.#items.length = 0;
  }
}
