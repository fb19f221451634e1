// The per-request face of an algorithm: the seed document's trait, with its flaws mended (learned state survives
// `updateBackends`, everything is synchronous, unhealthy backends are never selected).

export type BackendHealth = "healthy" | "degraded" | "unhealthy";

export interface BackendSpec {
  readonly id: string;
  readonly address: string;
  /** Relative capacity, integer 1..65535. */
  readonly weight: number;
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
  /** Milliseconds, >= 0. Non-finite or negative values are ignored. */
  readonly latencyMs: number;
}

export interface LoadBalancer {
  readonly name: string;
  /** The backend for this request; undefined when none may take traffic. */
  select(request: BalanceRequest): BackendSpec | undefined;
  /** Replaces the list. What was learned about backends that stay is kept. */
  updateBackends(backends: readonly BackendSpec[]): void;
  recordResult(result: RequestResult): void;
}
