// RING_HASH and MAGLEV as seen by hosts when keys are many and equally popular: each request's host is drawn with a
// probability proportional to weight, whatever is in flight. The unevenness of a finite ring is left out.
import type { Rng } from "../../runtime/rng.js";
import { NO_HOSTS } from "./host-weights.js";
import type { Picker } from "./picker.js";

export class HashedPicker implements Picker {
  readonly #rng: Rng;
  #hosts: Int32Array = NO_HOSTS;
  /** Running totals of the weights. */
  #upTo: Float64Array = new Float64Array(0);

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  update(hosts: Int32Array, weights: Float64Array): void {
    let total = 0;
    this.#hosts = hosts;
    this.#upTo = Float64Array.from(hosts, (host) => (total += weights[host] ?? 1));
  }

  pick(): number {
    const point = this.#rng.next() * (this.#upTo.at(-1) ?? 0);
    let low = 0;
    let high = this.#hosts.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#upTo[middle] ?? 0) > point) high = middle;
      else low = middle + 1;
    }
    return this.#hosts[low] ?? -1;
  }
}
