// Smooth weighted round robin (nginx, 2012): everyone gains its weight, the largest is picked and pays the total.
// Over one period of sum(weights) picks each backend is picked exactly weight times, spread as evenly as can be.
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";

export class WeightedRoundRobinBalancer implements LoadBalancer {
  readonly name = "weighted-round-robin";
  #backends: readonly BackendSpec[] = [];
  /** Credit per backend, aligned with `#backends`; the sum is 0 between picks. */
  #credits = new Float64Array(0);

  constructor(backends: readonly BackendSpec[] = []) {
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const credits = this.#credits;
    let chosen = -1;
    let chosenCredit = -Infinity;
    let total = 0;
    for (let i = 0; i < this.#backends.length; i++) {
      const backend = this.#backends[i];
      if (backend === undefined || backend.health === "unhealthy") continue;
      const credit = (credits[i] ?? 0) + backend.weight;
      credits[i] = credit;
      total += backend.weight;
      if (credit > chosenCredit) {
        chosen = i;
        chosenCredit = credit;
      }
    }
    if (chosen < 0) return undefined;
    credits[chosen] = chosenCredit - total;
    return this.#backends[chosen];
  }

  /** Those that stay keep their credit, so a changed list does not restart the cycle. */
  updateBackends(backends: readonly BackendSpec[]): void {
    const kept = new Map(this.#backends.map((backend, i) => [backend.id, this.#credits[i] ?? 0]));
    this.#credits = Float64Array.from(backends, (backend) => kept.get(backend.id) ?? 0);
    this.#backends = backends;
  }

  recordResult(): void {
    // Weighted round robin learns nothing.
  }
}
