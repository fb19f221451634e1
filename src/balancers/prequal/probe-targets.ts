// Draws whom to probe: distinct backends, uniformly, without an object per draw. A partial Fisher-Yates shuffle of one
// permutation that is never put back in order.
import type { Rng } from "../../runtime/rng.js";

export class ProbeTargets {
  readonly #rng: Rng;
  #order = new Int32Array(0);

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  update(count: number): void {
    this.#order = Int32Array.from({ length: count }, (_, i) => i);
  }

  /** The `nth` target of one request, distinct from the 0th to the (n-1)th; -1 when there are no more. */
  draw(nth: number): number {
    const rest = this.#order.length - nth;
    if (rest <= 0) return -1;
    const at = nth + Math.floor(this.#rng.next() * rest);
    const target = this.#order[at] ?? -1;
    this.#order[at] = this.#order[nth] ?? -1;
    this.#order[nth] = target;
    return target;
  }
}
