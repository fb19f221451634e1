// Drawing an index in proportion to weights in O(1): Walker's alias method with Vose's O(n) construction. Each column
// holds one index up to its threshold and one other index above it.

/** Uniform in [0, 1); what `Rng` of the runtime folder is. */
interface Uniform {
  next(): number;
}

export class AliasTable {
  readonly #thresholds: Float64Array;
  readonly #aliases: Int32Array;
  readonly #uniform: boolean;

  /** @param weights > 0 each, finite */
  constructor(weights: readonly number[]) {
    const n = weights.length;
    this.#thresholds = new Float64Array(n).fill(1);
    this.#aliases = Int32Array.from(weights, (_, i) => i);
    this.#uniform = weights.every((weight) => weight === weights[0]);
    if (!this.#uniform) this.#fill(weights);
  }

  /** An index with probability weight / sum of weights; -1 when there is none. Takes one draw, or two when weights differ. */
  draw(rng: Uniform): number {
    const n = this.#thresholds.length;
    if (n === 0) return -1;
    const column = Math.floor(rng.next() * n);
    if (this.#uniform || rng.next() < (this.#thresholds[column] ?? 1)) return column;
    return this.#aliases[column] ?? column;
  }

  #fill(weights: readonly number[]): void {
    const n = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = Float64Array.from(weights, (weight) => (weight * n) / total);
    const below: number[] = [];
    const above: number[] = [];
    scaled.forEach((value, i) => (value < 1 ? below : above).push(i));
    for (let low = below.pop(), high = above.pop(); low !== undefined && high !== undefined; low = below.pop()) {
      const value = scaled[low] ?? 1;
      this.#thresholds[low] = value;
      this.#aliases[low] = high;
      const rest = (scaled[high] ?? 1) + value - 1;
      scaled[high] = rest;
      if (rest < 1) {
        below.push(high);
        high = above.pop();
      }
    }
  }
}
