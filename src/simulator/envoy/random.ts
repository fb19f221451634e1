// Envoy's RANDOM: uniform over the healthy hosts; weights are ignored.
import type { Rng } from "../../runtime/rng.js";
import { NO_HOSTS } from "./host-weights.js";
import type { Picker } from "./picker.js";

export class RandomPicker implements Picker {
  readonly #rng: Rng;
  #hosts: Int32Array = NO_HOSTS;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  update(hosts: Int32Array): void {
    this.#hosts = hosts;
  }

  pick(): number {
    return this.#hosts[Math.floor(this.#rng.next() * this.#hosts.length)] ?? -1;
  }
}
