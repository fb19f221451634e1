// Responses that were sent and not yet answered, in order of sending. A stream is ordered, and Envoy may fold several
// acknowledgements into one while a type is paused: an answer to a later response therefore settles all before it too.

export class InFlight<T> {
  readonly #entries = new Map<string, T>();

  get size(): number {
    return this.#entries.size;
  }

  add(nonce: string, entry: T): void {
    this.#entries.set(nonce, entry);
  }

  /** Takes out the entry of `nonce` and all sent before it, oldest first; nothing for a nonce that is stale or foreign. */
  settle(nonce: string): readonly T[] {
    if (!this.#entries.has(nonce)) return [];
    const settled: T[] = [];
    for (const [sent, entry] of this.#entries) {
      this.#entries.delete(sent);
      settled.push(entry);
      if (sent === nonce) break;
    }
    return settled;
  }
}
