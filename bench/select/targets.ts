// Backends that carry their own answers, so that a measured step looks up and makes nothing.
import type { BackendSpec, RequestResult } from "../../src/balancers/load-balancer.js";
import type { Probe } from "../../src/balancers/prequal/probe-pool.js";

export interface Target extends BackendSpec {
  readonly result: RequestResult;
  readonly probe: Probe;
}

/** Weights 1, 2, 3 in turn; latencies from 10 to 20 ms. */
export function targets(n: number): readonly Target[] {
  return Array.from({ length: n }, (_, i) => {
    const id = `backend-${i}`;
    const latencyMs = 10 + (i % 11);
    return {
      id,
      address: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:8080`,
      weight: 1 + (i % 3),
      health: "healthy",
      result: { backendId: id, success: true, latencyMs },
      probe: { backendId: id, inFlight: i % 5, latencyMs },
    };
  });
}
