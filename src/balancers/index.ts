// Library entry point `steelyard/balancers`: every algorithm, per request and per fleet.

export { lawOf, weightsFor } from "./enforcement/share-law.js";
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
export { type BoundPolicy, bindPolicy, WEIGHT_POLICIES } from "./registry.js";
export { RoundRobinBalancer } from "./round-robin/round-robin.js";
export type { PolicyEndpoint, PolicyInput, PolicyOutput, WeightPolicy } from "./weight-policy.js";
export { WeightedRoundRobinBalancer } from "./weighted-round-robin/smooth-weighted-round-robin.js";
