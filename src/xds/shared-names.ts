// Names that many clients ask for in the same words: a fleet of one configuration sends one list. It is decoded once, and
// what is known of its names is known of the list, so that the hundredth name costs a stream nothing. Lists are told apart
// by their bytes, never by a hash: a forged collision would give one client the subscription of another.
import { type Glob, globsOf } from "./glob.js";

export class SharedNames {
  /** Each once, in the order of the request. */
  readonly list: readonly string[];
  readonly names: ReadonlySet<string>;
  readonly globs: readonly Glob[];
  /** The names as they came, tags and lengths included. */
  readonly encoded: Uint8Array;

  constructor(names: readonly string[], encoded: Uint8Array) {
    this.names = new Set(names);
    this.list = [...this.names];
    this.globs = globsOf(this.list);
    this.encoded = encoded;
  }

  /** Are these names those of the request that has them from `from` to `to`? */
  are(request: Uint8Array, from: number, to: number): boolean {
    const { encoded } = this;
    return encoded.length === to - from && Buffer.compare(encoded, request.subarray(from, to)) === 0;
  }
}

const MAX_LISTS = 32;
const MAX_BYTES = 4 << 20;

/** The lists that were read lately, by all streams of a server. Bounded; what falls out lives on with those who hold it. */
export class RecentNames {
  /** Newest last. */
  readonly #lists: SharedNames[] = [];
  #bytes = 0;

  find(request: Uint8Array, from: number, to: number): SharedNames | undefined {
    const lists = this.#lists;
    for (let at = lists.length - 1; at >= 0; at--) {
      const list = lists[at];
      if (!list?.are(request, from, to)) continue;
      if (at < lists.length - 1) lists.push(...lists.splice(at, 1));
      return list;
    }
    return undefined;
  }

  add(list: SharedNames): void {
    this.#lists.push(list);
    this.#bytes += list.encoded.length;
    while (this.#lists.length > MAX_LISTS || (this.#bytes > MAX_BYTES && this.#lists.length > 1)) {
      this.#bytes -= this.#lists.shift()?.encoded.length ?? 0;
    }
  }
}
