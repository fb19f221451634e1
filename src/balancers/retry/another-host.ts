// Selection that avoids the backends a request has failed on. Any balancer can do it: those tried are shown to it as
// unhealthy for the length of one call, which by the contract of `updateBackends` costs it nothing that it has learned.
// (Asking again until the answer differs, as Envoy does, gives no guarantee, and with hashing always the same answer.)
// O(n), or one rebuilt table for hashing balancers; only retries pay it.
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";

export class AnotherHost {
  readonly #balancer: LoadBalancer;
  #backends: readonly BackendSpec[];

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(balancer: LoadBalancer, backends: readonly BackendSpec[]) {
    this.#balancer = balancer;
    this.#backends = backends;
    balancer.updateBackends(backends);
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#balancer.updateBackends(backends);
    this.#backends = backends;
  }

  /** One of `tried` only when nobody else is selectable. */
  select(request: BalanceRequest, tried: ReadonlySet<string>): BackendSpec | undefined {
    if (tried.size === 0) return this.#balancer.select(request);
    this.#balancer.updateBackends(
      this.#backends.map((backend) => (tried.has(backend.id) ? { ...backend, health: "unhealthy" } : backend)),
    );
    try {
      const another = this.#balancer.select(request);
      if (another !== undefined) return another;
    } finally {
      this.#balancer.updateBackends(this.#backends);
    }
    return this.#balancer.select(request);
  }
}
