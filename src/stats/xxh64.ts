// xxHash64 (Yann Collet, the XXH64 specification) of text as UTF-8, in 32-bit halves: the hash that Envoy's ring hash
// and Maglev use. It is ours because a hash per request as a BigInt would be an allocation per request; the result is
// checked bit by bit against the WebAssembly build of the reference implementation.

const { imul } = Math;

// The five primes of the specification, high and low halves, as signed 32-bit integers.
const P1H = 0x9e3779b1 | 0;
const P1L = 0x85ebca87 | 0;
const P2H = 0xc2b2ae3d | 0;
const P2L = 0x27d4eb4f | 0;
const P3H = 0x165667b1 | 0;
const P3L = 0x9e3779f9 | 0;
const P4H = 0x85ebca77 | 0;
const P4L = 0xc2b2ae63 | 0;
const P5H = 0x27d4eb2f | 0;
const P5L = 0x165667c5 | 0;

/** Text is read in UTF-8; a lone surrogate counts as U+FFFD, as everywhere else. */
export class Xxh64 {
  // The accumulator, and after `hash` the result, as two signed halves.
  #high = 0;
  #low = 0;
  /** The four accumulators of long inputs: high, low, high, low, ... */
  readonly #lanes = new Int32Array(8);
  readonly #encoder = new TextEncoder();
  #bytes = new Uint8Array(256);

  /** Upper half of the last hash, 0..2^32-1. */
  get high(): number {
    return this.#high >>> 0;
  }

  /** Lower half of the last hash, 0..2^32-1. */
  get low(): number {
    return this.#low >>> 0;
  }

  /**
   * Hashes `text`; the result is in `high` and `low` until the next call.
   * @param seed 0..2^32-1
   */
  hash(text: string, seed = 0): void {
    const length = this.#encode(text);
    let at = 0;
    if (length >= 32) {
      at = this.#foldLanes(length, seed);
    } else {
      this.#high = 0;
      this.#low = seed | 0;
      this.#add(P5H, P5L);
    }
    this.#add(0, length);
    for (; at + 8 <= length; at += 8) this.#mixEight(at);
    if (at + 4 <= length) {
      this.#mixFour(at);
      at += 4;
    }
    for (; at < length; at++) this.#mixOne(at);
    this.#avalanche();
  }

  #encode(text: string): number {
    if (this.#bytes.length < text.length * 3) this.#bytes = new Uint8Array(text.length * 6);
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) return this.#encoder.encodeInto(text, bytes).written;
      bytes[i] = unit;
    }
    return text.length;
  }

  #word(at: number): number {
    const bytes = this.#bytes;
    return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
  }

  #foldLanes(length: number, seed: number): number {
    const lanes = this.#lanes;
    this.#startLane(0, seed, P1H, P1L);
    this.#add(P2H, P2L);
    this.#storeLane(0);
    this.#startLane(1, seed, P2H, P2L);
    this.#startLane(2, seed, 0, 0);
    this.#startLane(3, seed, ~P1H, ~P1L);
    this.#add(0, 1);
    this.#storeLane(3);
    let at = 0;
    for (; at + 32 <= length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        this.#high = lanes[2 * lane] ?? 0;
        this.#low = lanes[2 * lane + 1] ?? 0;
        this.#round(this.#word(at + 8 * lane + 4), this.#word(at + 8 * lane));
        this.#storeLane(lane);
      }
    }
    let sumHigh = 0;
    let sumLow = 0;
    for (let lane = 0; lane < 4; lane++) {
      this.#high = lanes[2 * lane] ?? 0;
      this.#low = lanes[2 * lane + 1] ?? 0;
      this.#rotate(LANE_ROTATIONS[lane] ?? 0);
      this.#add(sumHigh, sumLow);
      sumHigh = this.#high;
      sumLow = this.#low;
    }
    for (let lane = 0; lane < 4; lane++) this.#mergeLane(lane);
    return at;
  }

  #startLane(lane: number, seed: number, high: number, low: number): void {
    this.#high = 0;
    this.#low = seed | 0;
    this.#add(high, low);
    this.#storeLane(lane);
  }

  #storeLane(lane: number): void {
    this.#lanes[2 * lane] = this.#high;
    this.#lanes[2 * lane + 1] = this.#low;
  }

  #mergeLane(lane: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = 0;
    this.#low = 0;
    this.#round(this.#lanes[2 * lane] ?? 0, this.#lanes[2 * lane + 1] ?? 0);
    this.#xor(high, low);
    this.#multiply(P1H, P1L);
    this.#add(P4H, P4L);
  }

  #mixEight(at: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = 0;
    this.#low = 0;
    this.#round(this.#word(at + 4), this.#word(at));
    this.#xor(high, low);
    this.#rotate(27);
    this.#multiply(P1H, P1L);
    this.#add(P4H, P4L);
  }

  #mixFour(at: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = 0;
    this.#low = this.#word(at);
    this.#multiply(P1H, P1L);
    this.#xor(high, low);
    this.#rotate(23);
    this.#multiply(P2H, P2L);
    this.#add(P3H, P3L);
  }

  #mixOne(at: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = 0;
    this.#low = this.#bytes[at] ?? 0;
    this.#multiply(P5H, P5L);
    this.#xor(high, low);
    this.#rotate(11);
    this.#multiply(P1H, P1L);
  }

  #avalanche(): void {
    this.#xor(0, this.#high >>> 1); // x ^= x >> 33
    this.#multiply(P2H, P2L);
    this.#xor(this.#high >>> 29, (this.#low >>> 29) | (this.#high << 3));
    this.#multiply(P3H, P3L);
    this.#xor(0, this.#high); // x ^= x >> 32
  }

  /** accumulator = rotl(accumulator + input * P2, 31) * P1 */
  #round(inputHigh: number, inputLow: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = inputHigh;
    this.#low = inputLow;
    this.#multiply(P2H, P2L);
    this.#add(high, low);
    this.#rotate(31);
    this.#multiply(P1H, P1L);
  }

  #xor(high: number, low: number): void {
    this.#high ^= high;
    this.#low ^= low;
  }

  #add(high: number, low: number): void {
    const sum = (this.#low + low) | 0;
    const carry = sum >>> 0 < low >>> 0 ? 1 : 0;
    this.#high = (this.#high + high + carry) | 0;
    this.#low = sum;
  }

  /** To the left by 1..31 bits. */
  #rotate(bits: number): void {
    const high = this.#high;
    const low = this.#low;
    this.#high = (high << bits) | (low >>> (32 - bits));
    this.#low = (low << bits) | (high >>> (32 - bits));
  }

  /** Modulo 2^64. The 64-bit product of the low halves is built from 16-bit parts, which no double rounds. */
  #multiply(high: number, low: number): void {
    const a0 = this.#low & 0xffff;
    const a1 = this.#low >>> 16;
    const b0 = low & 0xffff;
    const b1 = low >>> 16;
    const p00 = imul(a0, b0);
    const p01 = imul(a0, b1);
    const p10 = imul(a1, b0);
    const middle = (p00 >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
    const carry = (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
    this.#high = (imul(a1, b1) + carry + imul(this.#low, high) + imul(this.#high, low)) | 0;
    this.#low = imul(this.#low, low);
  }
}

/** How far each of the four accumulators is turned before they are added up. */
const LANE_ROTATIONS: readonly number[] = [1, 7, 12, 18];
