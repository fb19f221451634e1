// Smooth weighted round robin (nginx, 2012): everyone gains its weight, the largest is picked and pays the total.
// Over one period of sum(weights) picks each backend is picked exactly weight times, spread as evenly as can be.
// O(n) per pick: everybody's credit changes.
import { effectiveWeight } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";
import { Roster } from "../roster.js";

export class WeightedRoundRobinBalancer implements LoadBalancer {
  readonly name = "weighted-round-robin";
  readonly #roster = new Roster<{ credit: number }>(() => ({ credit: 0 }));
  /** Credit and effective weight per slot; the credits add up to 0 between picks. */
  #credits = new Float64Array(0);
  #weights = new Float64Array(0);
  #total = 0;

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[] = []) {
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const credits = this.#credits;
    const weights = this.#weights;
    let chosen = -1;
    let chosenCredit = -Infinity;
    for (let i = 0; i < credits.length; i++) {
      const credit = (credits[i] ?? 0) + (weights[i] ?? 0);
      credits[i] = credit;
      if (credit > chosenCredit) {
        chosen = i;
        chosenCredit = credit;
      }
    }
    if (chosen < 0) return undefined;
    credits[chosen] = chosenCredit - this.#total;
    return this.#roster.usable[chosen]?.spec;
  }

  /** Those that stay keep their credit, counted in picks, so a changed list does not restart the cycle. */
  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.usable.forEach(({ state }, slot) => {
      state.credit = (this.#credits[slot] ?? 0) / this.#total;
    });
    this.#roster.update(backends);
    const { usable } = this.#roster;
    this.#weights = Float64Array.from(usable, ({ spec }) => effectiveWeight(spec));
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    // Whoever left took its credit along. Spread over the others, it neither speeds anybody up nor holds anybody back.
    const surplus = usable.reduce((sum, { state }) => sum + state.credit, 0) / Math.max(1, usable.length);
    this.#credits = Float64Array.from(usable, ({ state }) => (state.credit - surplus) * this.#total);
  }

  recordResult(): void {
    // Weighted round robin learns nothing.
  }
}
