// Which proxy a request arrives at.
import type { Rng } from "../../runtime/rng.js";

/** `zipf`: the k-th proxy gets a part proportional to 1 / k^exponent. */
export type ProxySkew = { readonly kind: "uniform" } | { readonly kind: "zipf"; readonly exponent: number };

export class ProxyChoice {
  /** Running totals of the parts, the last one 1. */
  readonly #upTo: Float64Array;
  readonly #uniform: boolean;
  readonly #rng: Rng;

  constructor(skew: ProxySkew, proxies: number, rng: Rng) {
    this.#rng = rng;
    this.#uniform = skew.kind === "uniform";
    const parts = Array.from({ length: proxies }, (_, k) => (skew.kind === "zipf" ? (k + 1) ** -skew.exponent : 1));
    const total = parts.reduce((sum, part) => sum + part, 0);
    let running = 0;
    this.#upTo = Float64Array.from(parts, (part) => (running += part / total));
  }

  next(): number {
    const u = this.#rng.next();
    if (this.#uniform) return Math.floor(u * this.#upTo.length);
    let low = 0;
    let high = this.#upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 1) > u) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
