// Round robin with a stable cursor: it remembers whom it served last, not an index, so a backend that leaves or turns
// unhealthy makes nobody be skipped or served twice.
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";

export class RoundRobinBalancer implements LoadBalancer {
  readonly name = "round-robin";
  #backends: readonly BackendSpec[];
  #cursor = 0;

  constructor(backends: readonly BackendSpec[] = []) {
    this.#backends = backends;
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const total = this.#backends.length;
    for (let step = 0; step < total; step++) {
      const index = (this.#cursor + step) % total;
      const backend = this.#backends[index];
      if (backend === undefined || backend.health === "unhealthy") continue;
      this.#cursor = index + 1;
      return backend;
    }
    return undefined;
  }

  /** Keeps the turn: the next backend is the first of the new list that was not served in this cycle. */
  updateBackends(backends: readonly BackendSpec[]): void {
    const served = new Set(this.#backends.slice(0, this.#cursor).map((backend) => backend.id));
    const next = backends.findIndex((backend) => !served.has(backend.id));
    this.#cursor = next < 0 ? 0 : next;
    this.#backends = backends;
  }

  recordResult(): void {
    // Round robin learns nothing.
  }
}
