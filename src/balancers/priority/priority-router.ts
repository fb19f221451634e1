// One balancer per request priority, each over backends of its own: capacity kept for important requests is then really
// kept. (Three balancers over one list, as in the seed document, keep nothing.) An empty pool has a defined fallback.
// Every result goes back to the balancer that made the choice, or its counts of requests in flight would drift.
import { SteelyardError } from "../../model/errors.js";
import { checkBackends } from "../backend-list.js";
import { Excluding } from "../excluding.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, Priority, RequestResult } from "../load-balancer.js";

export interface PriorityPool {
  /** Its own object: two pools never share a balancer. */
  readonly balancer: LoadBalancer;
  /** Which backends belong to the pool. Pools may overlap. */
  readonly accepts: (backend: BackendSpec) => boolean;
}

export interface PriorityRouterOptions {
  readonly pools: Readonly<Record<Priority, PriorityPool>>;
  /** Where requests go whose own pool has nobody selectable, in this order. Default: `DEFAULT_FALLBACK`. */
  readonly fallback?: Readonly<Record<Priority, readonly Priority[]>>;
}

const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];

/** Down to less important pools, and from the lowest one step up; what is kept for `high` is never taken by others. */
const DEFAULT_FALLBACK: Readonly<Record<Priority, readonly Priority[]>> = {
  high: ["normal", "low"],
  normal: ["low"],
  low: ["normal"],
};

export class PriorityRouter implements LoadBalancer {
  readonly name = "priority";
  readonly #pools: Readonly<Record<Priority, PriorityPool>>;
  readonly #inner: Readonly<Record<Priority, Excluding>>;
  readonly #orders: Readonly<Record<Priority, readonly Priority[]>>;
  /** Per backend, how many selections of each pool have no result yet. */
  #unanswered = new Map<string, Record<Priority, number>>();

  /** @throws SteelyardError ERR_INVALID_BACKENDS; ERR_INVALID_REQUEST when two pools share a balancer */
  constructor(backends: readonly BackendSpec[], { pools, fallback = DEFAULT_FALLBACK }: PriorityRouterOptions) {
    if (new Set(PRIORITIES.map((priority) => pools[priority].balancer)).size < PRIORITIES.length)
      throw new SteelyardError("ERR_INVALID_REQUEST", "two pools of a priority router share one balancer");
    this.#pools = pools;
    this.#inner = {
      high: new Excluding(pools.high.balancer),
      normal: new Excluding(pools.normal.balancer),
      low: new Excluding(pools.low.balancer),
    };
    this.#orders = {
      high: ["high", ...fallback.high],
      normal: ["normal", ...fallback.normal],
      low: ["low", ...fallback.low],
    };
    this.updateBackends(backends);
  }

  /** A request without priority is `normal`. */
  select(request: BalanceRequest): BackendSpec | undefined {
    return this.selectExcept(request);
  }

  selectExcept(request: BalanceRequest, excluded?: ReadonlySet<string>): BackendSpec | undefined {
    for (const priority of this.#orders[request.priority ?? "normal"]) {
      const chosen = this.#inner[priority].select(request, excluded);
      if (chosen === undefined) continue;
      const unanswered = this.#unanswered.get(chosen.id);
      if (unanswered !== undefined) unanswered[priority] += 1;
      return chosen;
    }
    return undefined;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    checkBackends(backends);
    for (const priority of PRIORITIES) {
      this.#inner[priority].updateBackends(backends.filter(this.#pools[priority].accepts));
    }
    const previous = this.#unanswered;
    this.#unanswered = new Map(
      backends.map(({ id }) => [id, previous.get(id) ?? { high: 0, normal: 0, low: 0 }] as const),
    );
  }

  /**
   * To the pool with most unanswered selections of this backend. Which of several it was cannot be told from a result,
   * but in the end each pool gets as many as it selected. A result that nobody waits for teaches every pool.
   */
  recordResult(result: RequestResult): void {
    const unanswered = this.#unanswered.get(result.backendId);
    if (unanswered === undefined) return;
    let owner: Priority = "high";
    for (const priority of PRIORITIES) if (unanswered[priority] > unanswered[owner]) owner = priority;
    if (unanswered[owner] > 0) {
      unanswered[owner] -= 1;
      this.#inner[owner].balancer.recordResult(result);
      return;
    }
    for (const priority of PRIORITIES) this.#inner[priority].balancer.recordResult(result);
  }
}
