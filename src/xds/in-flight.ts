// Responses that were sent and not yet answered, in order of sending. A stream is ordered, and Envoy may fold several
// acknowledgements into one while a type is paused: an answer to a later response therefore settles all before it too.

export class InFlight<T extends { readonly nonce: string }> {
  /** The only one, while there is no list. */
  #one: T | undefined;
  /** Bounded by `maxInFlight`, and most answers are to the oldest: a list is quicker than a map. */
  #list: T[] | undefined;

  get size(): number {
    return this.#one ? 1 : (this.#list?.length ?? 0);
  }

  add(response: T): void {
    if (this.#list) this.#list.push(response);
    else if (this.#one) {
      this.#list = [this.#one, response];
      this.#one = undefined;
    } else this.#one = response;
  }

  /** Takes out the response of `nonce` if it is the only one: most answers are to that. */
  settleOnly(nonce: string): T | undefined {
    const only = this.#one;
    if (only?.nonce !== nonce) return undefined;
    this.#one = undefined;
    return only;
  }

  /** Takes out the response of `nonce` and all sent before it, oldest first; nothing for a nonce that is stale or foreign. */
  settle(nonce: string): readonly T[] {
    const only = this.settleOnly(nonce);
    if (only) return [only];
    const list = this.#list;
    const last = list ? list.findIndex((response) => response.nonce === nonce) : -1;
    if (!list || last < 0) return NONE;
    if (last + 1 < list.length) return list.splice(0, last + 1);
    this.#list = undefined;
    return list;
  }
}

const NONE: readonly never[] = [];
