// Responses that were sent and not yet answered, in order of sending. A stream is ordered, and Envoy may fold several
// acknowledgements into one while a type is paused: an answer to a later response therefore settles all before it too.

export class InFlight<T extends { readonly nonce: string }> {
  /** Bounded by `maxInFlight`, and most answers are to the oldest: a list is quicker than a map. */
  readonly #sent: T[] = [];

  get size(): number {
    return this.#sent.length;
  }

  add(response: T): void {
    this.#sent.push(response);
  }

  /** Takes out the response of `nonce` and all sent before it, oldest first; nothing for a nonce that is stale or foreign. */
  settle(nonce: string): readonly T[] {
    const last = this.#sent.findIndex((response) => response.nonce === nonce);
    return last < 0 ? NONE : this.#sent.splice(0, last + 1);
  }
}

const NONE: readonly never[] = [];
