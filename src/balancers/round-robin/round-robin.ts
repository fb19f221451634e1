// Round robin with a stable cursor: it remembers whom it served last, not an index, so a backend that leaves or turns
// unhealthy makes nobody be skipped or served twice. A degraded backend lets most of its turns pass. O(1) per pick.
import { checkBackends } from "../backend-list.js";
import { DEGRADED_SHARE } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer } from "../load-balancer.js";

export class RoundRobinBalancer implements LoadBalancer {
  readonly name = "round-robin";
  #backends: readonly BackendSpec[] = [];
  /** The backends before this index have been served in this cycle. */
  #cursor = 0;
  /** For every index the first usable one at or after it, around the end; empty when there is none. */
  #nextUsable = new Int32Array(0);
  #hasHealthy = false;
  /** Parts of a turn that each backend has saved up while degraded; a turn costs one. */
  #credits = new Float64Array(0);

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[] = []) {
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    // In two rounds every degraded backend is passed at most twice and every healthy one reached.
    for (let step = 0; step < 2 * this.#nextUsable.length; step++) {
      const index = this.#nextUsable[this.#cursor === this.#backends.length ? 0 : this.#cursor] ?? 0;
      const backend = this.#backends[index];
      this.#cursor = index + 1;
      if (backend === undefined || this.#takesTurn(index, backend)) return backend;
    }
    return undefined;
  }

  /** Keeps the turn: the next backend is the first of the new list that was not served in this cycle. */
  updateBackends(backends: readonly BackendSpec[]): void {
    checkBackends(backends);
    const served = new Set(this.#backends.slice(0, this.#cursor).map((backend) => backend.id));
    const next = backends.findIndex((backend) => !served.has(backend.id));
    this.#cursor = next < 0 ? 0 : next;
    const credits = new Map(this.#backends.map(({ id }, index) => [id, this.#credits[index] ?? 0]));
    this.#credits = Float64Array.from(backends, ({ id }) => credits.get(id) ?? 0);
    this.#backends = backends;
    this.#hasHealthy = backends.some(({ health }) => health === "healthy");
    this.#nextUsable = nextUsable(backends);
  }

  recordResult(): void {
    // Round robin learns nothing.
  }

  #takesTurn(index: number, { health }: BackendSpec): boolean {
    if (health === "healthy" || !this.#hasHealthy) return true;
    const credit = (this.#credits[index] ?? 0) + DEGRADED_SHARE;
    const takes = credit >= 1;
    this.#credits[index] = takes ? credit - 1 : credit;
    return takes;
  }
}

function nextUsable(backends: readonly BackendSpec[]): Int32Array<ArrayBuffer> {
  let next = backends.findIndex(({ health }) => health !== "unhealthy");
  if (next < 0) return new Int32Array(0);
  const result = new Int32Array(backends.length);
  for (let i = backends.length - 1; i >= 0; i--) {
    if (backends[i]?.health !== "unhealthy") next = i;
    result[i] = next;
  }
  return result;
}
