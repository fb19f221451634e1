// Envoy's LEAST_REQUEST (least_request_lb.cc): with equal weights the best of `choiceCount` random hosts (with
// replacement, ties to the first), with unequal ones an EDF schedule on weight / (active + 1)^bias.
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import type { Rng } from "../../runtime/rng.js";
import { EdfSchedule } from "./edf-schedule.js";
import { areWeightsEqual, NO_HOSTS, scheduleSeed } from "./host-weights.js";
import type { Picker } from "./picker.js";

export class LeastRequestPicker implements Picker {
  readonly #choiceCount: number;
  readonly #bias: number;
  readonly #active: Int32Array;
  readonly #rng: Rng;
  readonly #seed: number;
  #hosts: Int32Array = NO_HOSTS;
  #weights: Float64Array = new Float64Array(0);
  #schedule: EdfSchedule | undefined;

  constructor(
    { choiceCount, activeRequestBias }: Extract<EnvoyEnforcement, { policy: "least_request" }>,
    active: Int32Array,
    rng: Rng,
  ) {
    this.#choiceCount = choiceCount;
    this.#bias = activeRequestBias;
    this.#active = active;
    this.#rng = rng;
    this.#seed = scheduleSeed(rng.next());
  }

  update(hosts: Int32Array, weights: Float64Array): void {
    this.#hosts = hosts;
    this.#weights = weights;
    this.#schedule = areWeightsEqual(hosts, weights)
      ? undefined
      : new EdfSchedule(hosts, (host) => this.#weightNow(host), this.#seed);
  }

  pick(): number {
    if (this.#schedule !== undefined) return this.#schedule.pick();
    const hosts = this.#hosts;
    if (hosts.length === 0) return -1;
    let best = hosts[Math.floor(this.#rng.next() * hosts.length)] ?? -1;
    for (let i = 1; i < this.#choiceCount; i++) {
      const other = hosts[Math.floor(this.#rng.next() * hosts.length)] ?? -1;
      if ((this.#active[other] ?? 0) < (this.#active[best] ?? 0)) best = other;
    }
    return best;
  }

  #weightNow(host: number): number {
    const weight = this.#weights[host] ?? 1;
    const load = (this.#active[host] ?? 0) + 1;
    return this.#bias === 1 ? weight / load : weight / load ** this.#bias;
  }
}
