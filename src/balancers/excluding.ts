// Selection that leaves some backends out, for any balancer; composites and retries stand on it. Where the balancer cannot
// do it by itself, those left out are shown to it as unhealthy for the length of one call: O(n), paid by retries only, and
// by the contract of `updateBackends` nothing that it has learned is lost. (Asking again until the answer differs, as
// Envoy does, gives no guarantee, and with hashing always the same answer.)
import type { BackendSpec, BalanceRequest, LoadBalancer } from "./load-balancer.js";

/** Owns the list of the balancer inside. */
export class Excluding {
  readonly balancer: LoadBalancer;
  #backends: readonly BackendSpec[] = [];

  constructor(balancer: LoadBalancer) {
    this.balancer = balancer;
  }

  /** @throws SteelyardError ERR_INVALID_BACKENDS; nothing has changed then */
  updateBackends(backends: readonly BackendSpec[]): void {
    this.balancer.updateBackends(backends);
    this.#backends = backends;
  }

  /** undefined when nobody but those excluded may take traffic. */
  select(request: BalanceRequest, excluded?: ReadonlySet<string>): BackendSpec | undefined {
    if (excluded === undefined || excluded.size === 0) return this.balancer.select(request);
    if (this.balancer.selectExcept !== undefined) return this.balancer.selectExcept(request, excluded);
    this.balancer.updateBackends(
      this.#backends.map((backend) => (excluded.has(backend.id) ? { ...backend, health: "unhealthy" } : backend)),
    );
    try {
      return this.balancer.select(request);
    } finally {
      this.balancer.updateBackends(this.#backends);
    }
  }
}
