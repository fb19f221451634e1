// The distribution half of every power-of-two-choices balancer (Mitzenmacher 2001): draws two distinct candidates, each
// uniformly, with a degraded one coming up at DEGRADED_SHARE of the usual rate. What is compared is the caller's.
import type { Rng } from "../runtime/rng.js";
import { DEGRADED_SHARE } from "./degraded-share.js";
import type { Member } from "./roster.js";

export class TwoChoices {
  readonly #rng: Rng;
  /** Slots of the members, healthy ones first. */
  #slots = new Int32Array(0);
  #healthy = 0;
  /** Slots of the last draw; -1 = none. */
  first = -1;
  second = -1;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** @param usable as of `Roster` */
  update(usable: readonly Member<unknown>[]): void {
    const healthy = usable.filter(({ spec }) => spec.health === "healthy");
    const degraded = usable.filter(({ spec }) => spec.health !== "healthy");
    this.#healthy = healthy.length;
    this.#slots = Int32Array.from([...healthy, ...degraded], ({ slot }) => slot);
  }

  /** Sets `first` and `second`; `second` is -1 when there is only one, both are when there is none. */
  draw(): void {
    const first = this.#drawIndex(-1);
    const second = this.#drawIndex(first);
    this.first = this.#slots[first] ?? -1;
    this.second = this.#slots[second] ?? -1;
  }

  /** An index into `#slots` other than `taken`; -1 = there is none. */
  #drawIndex(taken: number): number {
    const total = this.#slots.length;
    const index = this.#drawBelow(total, taken);
    const isReduced = index >= this.#healthy && this.#healthy > 0;
    if (!isReduced || this.#rng.next() < DEGRADED_SHARE) return index;
    const instead = this.#drawBelow(this.#healthy, taken);
    return instead < 0 ? index : instead;
  }

  /** Uniform over 0..limit-1 without `taken`: drawn from one fewer and stepping over it, so that no second try is needed. */
  #drawBelow(limit: number, taken: number): number {
    const excludes = taken >= 0 && taken < limit;
    const choices = excludes ? limit - 1 : limit;
    if (choices <= 0) return -1;
    const index = Math.floor(this.#rng.next() * choices);
    return excludes && index >= taken ? index + 1 : index;
  }
}
