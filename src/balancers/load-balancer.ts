// The per-request face of an algorithm: the seed document's trait, with its flaws mended (learned state survives
// `updateBackends`, everything is synchronous, unhealthy backends are never selected). As in Finagle, what is measured
// (the load of one backend) and how a choice is made from it are separate things inside most implementations.

export type BackendHealth = "healthy" | "degraded" | "unhealthy";

export interface BackendSpec {
  /** Not empty, unique in its list. */
  readonly id: string;
  /** `IP:PORT`, IPv6 as `[IP]:PORT`: how Envoy spells it, and so what the hashing balancers hash. */
  readonly address: string;
  /** Relative capacity, integer 1..65535. */
  readonly weight: number;
  /** `degraded` is used at `DEGRADED_SHARE` of its fair share, or in full when nobody is healthy; `unhealthy` never. */
  readonly health: BackendHealth;
}

export type Priority = "high" | "normal" | "low";

export interface BalanceRequest {
  readonly id: string;
  readonly clientId?: string;
  readonly routeKey?: string;
  readonly priority?: Priority;
}

export interface RequestResult {
  readonly backendId: string;
  readonly success: boolean;
  /**
   * Milliseconds, >= 0. A value that is negative or not finite says nothing about latency; the request still counts as
   * finished, and as a success or failure.
   */
  readonly latencyMs: number;
}

/**
 * Contract: synchronous; one `recordResult` for every backend that `select` returned, since balancers that look at
 * requests in flight count from one to the other. `select` makes no objects per call for up to 1,000 backends.
 */
export interface LoadBalancer {
  readonly name: string;
  /** The backend for this request; undefined when none may take traffic. */
  select(request: BalanceRequest): BackendSpec | undefined;
  /**
   * The same without some backends, for retries; undefined when nobody else may take traffic. Only for balancers that can
   * do it at less cost than an update of the list, which serves the rest.
   */
  selectExcept?(request: BalanceRequest, excluded: ReadonlySet<string>): BackendSpec | undefined;
  /**
   * Replaces the list. What was learned about backends that stay is kept.
   * @throws SteelyardError ERR_INVALID_BACKENDS for equal or empty ids and for weights out of range; nothing has
   * changed then.
   */
  updateBackends(backends: readonly BackendSpec[]): void;
  /** Results of backends that are not in the list (any more) are ignored. */
  recordResult(result: RequestResult): void;
}

/** The part of a result that says something about latency; undefined when the value makes no sense. */
export function latencyOf({ latencyMs }: RequestResult): number | undefined {
  return Number.isFinite(latencyMs) && latencyMs >= 0 ? latencyMs : undefined;
}
