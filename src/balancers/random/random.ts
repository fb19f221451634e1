// A draw for every request, independent of all others: in proportion to weights, uniform when they are equal. Needs no
// state, so any number of balancers agree without talking. O(1) per pick (alias method), O(n) per change of the list.
import type { Rng } from "../../runtime/rng.js";
import { AliasTable } from "../../stats/alias-table.js";
import { effectiveWeight } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";
import { Roster } from "../roster.js";

export interface RandomOptions {
  readonly rng: Rng;
}

export class RandomBalancer implements LoadBalancer {
  readonly name = "random";
  readonly #rng: Rng;
  readonly #roster = new Roster(() => undefined);
  #table = new AliasTable([]);

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: RandomOptions) {
    this.#rng = options.rng;
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    return this.#roster.usable[this.#table.draw(this.#rng)]?.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    this.#table = new AliasTable(this.#roster.usable.map(({ spec }) => effectiveWeight(spec)));
  }

  recordResult(): void {
    // Random learns nothing.
  }
}
