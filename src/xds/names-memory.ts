// Remembers, per type of one stream, which names its last request held, so that they are not read again when they are the
// same: of few names a hash, since thousands of streams may each have their own; of many the list, which streams share.
import type { SotwScan } from "./request-scanner.js";
import type { SharedNames } from "./shared-names.js";

/** Shorter lists are hashed in less time than it takes to call out of JavaScript, and not worth to be shared. */
const SHORT_BYTES = 512;

/** Is the list of the request long enough to be shared? */
export const isLong = ({ namesFrom, namesTo }: SotwScan): boolean => namesTo - namesFrom > SHORT_BYTES;

/** Two lanes of 32 bits, or a list. Who forges a collision fools nobody but himself. */
interface Remembered {
  readonly bytes: number;
  readonly a: number;
  readonly b: number;
  readonly list: SharedNames | undefined;
}

const UNKNOWN: Remembered = { bytes: -1, a: 0, b: 0, list: undefined };

/** The type of the newest request is at hand without a look into a map. */
export class NamesMemory {
  #typeUrl: string | undefined;
  #bytes = -1;
  #a = 0;
  #b = 0;
  #list: SharedNames | undefined;
  /** Of all types but that one; absent while there is one only. */
  #others: Map<string, Remembered> | undefined;

  /** Are the names of this request those of the type's last one? Remembers them, but for a long list: that is to be kept. */
  same(typeUrl: string, request: Uint8Array, scan: SotwScan): boolean {
    this.#turnTo(typeUrl);
    const { namesFrom, namesTo, list } = scan;
    if (isLong(scan)) {
      if (this.#list && (this.#list === list || this.#list.are(request, namesFrom, namesTo))) return true;
      this.#remember(UNKNOWN);
      return false;
    }
    const bytes = namesTo - namesFrom;
    let a = 0x811c9dc5 | 0;
    let b = 0x9e3779b9 | 0;
    for (let at = namesFrom; at < namesTo; at++) {
      const byte = request[at] ?? 0;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b + byte, 0x85ebca6b);
      b ^= b >>> 15;
    }
    if (bytes === this.#bytes && a === this.#a && b === this.#b) return true;
    this.#remember({ bytes, a, b, list: undefined });
    return false;
  }

  /** The last request, whose names `same` had not seen, held this list. */
  keep(list: SharedNames): void {
    this.#list = list;
  }

  /** Whatever the next request of the type names is news. */
  forget(typeUrl: string): void {
    this.#turnTo(typeUrl);
    this.#remember(UNKNOWN);
  }

  #turnTo(typeUrl: string): void {
    if (this.#typeUrl === typeUrl) return;
    if (this.#typeUrl !== undefined) {
      this.#others ??= new Map();
      this.#others.set(this.#typeUrl, { bytes: this.#bytes, a: this.#a, b: this.#b, list: this.#list });
    }
    this.#typeUrl = typeUrl;
    this.#remember(this.#others?.get(typeUrl) ?? UNKNOWN);
  }

  #remember({ bytes, a, b, list }: Remembered): void {
    this.#bytes = bytes;
    this.#a = a;
    this.#b = b;
    this.#list = list;
  }
}
