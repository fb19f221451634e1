// The joint between two stages: one writer publishes values by key, readers get the newest value of each changed key.
// Changes between two deliveries are coalesced, so a slow reader never builds a backlog (after Envoy Gateway's
// watchable maps).

/** Changed keys with their newest value; `undefined` = deleted. */
export type Changes<K, V> = ReadonlyMap<K, V | undefined>;

interface Subscriber<K, V> {
  readonly pending: Map<K, V | undefined>;
  readonly handle: (changes: Changes<K, V>) => void;
}

export class WatchableMap<K, V> {
  readonly #values = new Map<K, V>();
  readonly #subscribers = new Set<Subscriber<K, V>>();
  #scheduled = false;

  get(key: K): V | undefined {
    return this.#values.get(key);
  }

  entries(): IterableIterator<[K, V]> {
    return this.#values.entries();
  }

  keys(): IterableIterator<K> {
    return this.#values.keys();
  }

  get size(): number {
    return this.#values.size;
  }

  /** Publishes `value`; storing the identical value again is a no-op. */
  store(key: K, value: V): void {
    if (this.#values.get(key) === value) return;
    this.#values.set(key, value);
    this.#mark(key, value);
  }

  delete(key: K): void {
    if (this.#values.delete(key)) this.#mark(key, undefined);
  }

  /** Delivers the whole content first, then coalesced changes, each in a microtask of its own. Returns the unsubscriber. */
  subscribe(handle: (changes: Changes<K, V>) => void): () => void {
    const subscriber: Subscriber<K, V> = { pending: new Map(this.#values), handle };
    this.#subscribers.add(subscriber);
    if (subscriber.pending.size > 0) this.#schedule();
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  #mark(key: K, value: V | undefined): void {
    for (const subscriber of this.#subscribers) subscriber.pending.set(key, value);
    if (this.#subscribers.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const subscriber of this.#subscribers) {
        if (subscriber.pending.size === 0) continue;
        const changes = new Map(subscriber.pending);
        subscriber.pending.clear();
        subscriber.handle(changes);
      }
    });
  }
}
