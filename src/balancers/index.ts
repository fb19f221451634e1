// Library entry point `steelyard/balancers`: every algorithm, per request and per fleet.

export { ConsistentHashBalancer, type ConsistentHashOptions } from "./consistent-hash/consistent-hash.js";
export { MaglevBalancer, type MaglevOptions } from "./consistent-hash/maglev.js";
export { DEGRADED_SHARE } from "./degraded-share.js";
export { type EndpointPool, endpointPool, type PoolMember } from "./endpoint-pool.js";
export { lawOf, weightsFor } from "./enforcement/share-law.js";
export { FailoverBalancer, type FailoverOptions } from "./failover/failover-balancer.js";
export type { Placement } from "./failover/level-order.js";
export type { HealthOptions } from "./health/health-options.js";
export { HealthTrackingBalancer, type HealthTrackingOptions } from "./health/health-tracking.js";
export type { ObservedHealth } from "./health/observed-health.js";
export { LeastConnectionsBalancer, type LeastConnectionsOptions } from "./least-connections/least-connections.js";
export { LeastLatencyBalancer, type LeastLatencyOptions } from "./least-latency/least-latency.js";
export type {
  BackendHealth,
  BackendSpec,
  BalanceRequest,
  LoadBalancer,
  Priority,
  RequestResult,
} from "./load-balancer.js";
export { P2cBalancer, type P2cOptions } from "./p2c/p2c.js";
export { PeakEwmaBalancer, type PeakEwmaOptions } from "./peak-ewma/peak-ewma.js";
export { PrequalBalancer, type PrequalOptions } from "./prequal/prequal.js";
export type { Probe } from "./prequal/probe-pool.js";
export { type PriorityPool, PriorityRouter, type PriorityRouterOptions } from "./priority/priority-router.js";
export { RandomBalancer, type RandomOptions } from "./random/random.js";
export { type BoundPolicy, bindPolicy, WEIGHT_POLICIES } from "./registry.js";
export type { BackOffSettings } from "./retry/back-off.js";
export { type Attempt, RetryBalancer, type RetryOptions } from "./retry/retry-balancer.js";
export { RetryBudget, type RetryBudgetOptions } from "./retry/retry-budget.js";
export { RoundRobinBalancer } from "./round-robin/round-robin.js";
export type { PolicyInput, PolicyOutput, WeightPolicy } from "./weight-policy.js";
export { WeightedRoundRobinBalancer } from "./weighted-round-robin/smooth-weighted-round-robin.js";
