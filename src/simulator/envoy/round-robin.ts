// Envoy's ROUND_ROBIN (round_robin_lb.h): plain turns from a random start with equal weights, an EDF schedule otherwise.
import type { Rng } from "../../runtime/rng.js";
import { EdfSchedule } from "./edf-schedule.js";
import { areWeightsEqual, NO_HOSTS, scheduleSeed } from "./host-weights.js";
import type { Picker } from "./picker.js";

export class RoundRobinPicker implements Picker {
  readonly #seed: number;
  /** Goes on across updates, as in Envoy. */
  #turn: number;
  #hosts: Int32Array = NO_HOSTS;
  #schedule: EdfSchedule | undefined;

  constructor(rng: Rng) {
    this.#seed = scheduleSeed(rng.next());
    this.#turn = this.#seed;
  }

  update(hosts: Int32Array, weights: Float64Array): void {
    this.#hosts = hosts;
    this.#schedule = areWeightsEqual(hosts, weights)
      ? undefined
      : new EdfSchedule(hosts, (host) => weights[host] ?? 1, this.#seed);
  }

  pick(): number {
    if (this.#schedule !== undefined) return this.#schedule.pick();
    return this.#hosts.length === 0 ? -1 : (this.#hosts[this.#turn++ % this.#hosts.length] ?? -1);
  }
}
