// What became of every request, 12 bytes each, so that an hour of load fits into memory and writing one costs nothing.
// Written by the generator to a file at its end, read by the director.

export interface RequestRecord {
  /** Index of the contender, 0..255. */
  readonly contender: number;
  /** Milliseconds from the start of the load to the time the request was due; up to 71 minutes. */
  readonly dueMs: number;
  /** From the due time to the last byte; for unfinished ones their age. */
  readonly latencyMs: number;
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  /** Index of the backend that answered, or NO_BACKEND. */
  readonly backend: number;
}

const WORDS = 3;
const US_PER_MS = 1_000;

export class RequestRecords {
  #words: Uint32Array;
  #length: number;

  constructor(words = new Uint32Array(WORDS * 65_536), length = 0) {
    this.#words = words;
    this.#length = length;
  }

  /** @throws Error when the bytes are not whole records */
  static fromBytes(bytes: Uint8Array): RequestRecords {
    if (bytes.length % (WORDS * 4) !== 0) throw new Error("a file of records was cut off");
    const words = new Uint32Array(bytes.length / 4);
    new Uint8Array(words.buffer).set(bytes);
    return new RequestRecords(words, words.length / WORDS);
  }

  get length(): number {
    return this.#length;
  }

  add(contender: number, dueMs: number, latencyMs: number, status: number, backend: number): void {
    const at = this.#length * WORDS;
    if (at === this.#words.length) {
      const more = new Uint32Array(this.#words.length * 2);
      more.set(this.#words);
      this.#words = more;
    }
    this.#words[at] = Math.round(dueMs * US_PER_MS);
    this.#words[at + 1] = Math.round(Math.max(0, latencyMs) * US_PER_MS);
    this.#words[at + 2] = (status << 16) | (contender << 8) | backend;
    this.#length += 1;
  }

  at(index: number): RequestRecord {
    const at = index * WORDS;
    const packed = this.#words[at + 2] ?? 0;
    return {
      contender: (packed >>> 8) & 0xff,
      dueMs: (this.#words[at] ?? 0) / US_PER_MS,
      latencyMs: (this.#words[at + 1] ?? 0) / US_PER_MS,
      status: packed >>> 16,
      backend: packed & 0xff,
    };
  }

  /** A view; valid until the next `add`. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer, 0, this.#length * WORDS * 4);
  }
}
