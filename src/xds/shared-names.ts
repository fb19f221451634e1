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

  /** Does the request have these names from `from` to `to`? */
  are(request: Uint8Array, from: number, to: number): boolean {
    return this.encoded.length === to - from && this.begin(request, from);
  }

  /** Does the request have these names from `from` on? */
  begin(request: Uint8Array, from: number): boolean {
    const { encoded } = this;
    const to = from + encoded.length;
    return to <= request.length && Buffer.compare(encoded, request.subarray(from, to)) === 0;
  }
}

const MAX_LISTS = 32;
const MAX_BYTES = 4 << 20;

/** The lists that were read lately, by all streams of a server. Bounded; what falls out lives on with those who hold it. */
export class RecentNames {
  /** Newest last. */
  readonly #lists: SharedNames[] = [];
  #bytes = 0;

  /** The list whose names the request has from `from` to `to`. */
  find(request: Uint8Array, from: number, to: number): SharedNames | undefined {
    return this.#use(this.#lists.findLastIndex((list) => list.are(request, from, to)));
  }

  /** A list whose names the request has from `from` on, whatever follows them. */
  startingAt(request: Uint8Array, from: number): SharedNames | undefined {
    return this.#use(this.#lists.findLastIndex((list) => list.begin(request, from)));
  }

  add(list: SharedNames): void {
    this.#lists.push(list);
    this.#bytes += list.encoded.length;
    while (this.#lists.length > MAX_LISTS || (this.#bytes > MAX_BYTES && this.#lists.length > 1)) {
      this.#bytes -= this.#lists.shift()?.encoded.length ?? 0;
    }
  }

  #use(index: number): SharedNames | undefined {
    const list = this.#lists[index];
    if (list && index < this.#lists.length - 1) this.#lists.push(...this.#lists.splice(index, 1));
    return list;
  }
}
