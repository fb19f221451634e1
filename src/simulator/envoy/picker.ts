// One worker's load balancer, as the simulated proxies see it.

export interface Picker {
  /** Index of a host; -1 when no host is healthy. */
  pick(): number;
  /** New healthy hosts and weights, after an EDS update. `weights` is indexed by host. */
  update(hosts: Int32Array, weights: Float64Array): void;
  /** For those that learn: a request to `host` is over. `NaN` = it was never sent. */
  ended?(host: number, success: boolean, latencyMs: number): void;
}
