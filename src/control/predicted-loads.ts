// What a policy would see if its shares were in force, while they are not (shadow, freeze). An integrator that meets the
// same error round after round, whatever it does, runs into its bound; so each endpoint's latency is shown as it would be
// under the share that the loop computed, in proportion: the elasticity rho / (1 - rho) of an M/M/1 queue at half load.
// Crude, but it closes the loop: shadow shares settle, and enforcing them starts from there.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { InstanceId } from "../model/ids.js";
import type { EndpointLoad } from "../model/load.js";

/** Further than this from what was measured, nothing can be told. */
const LARGEST_RATIO = 8;

export interface Withheld {
  readonly pool: EndpointPool;
  /** What the loop computed last, 0..1, in the order of the pool; 0 = not in the pool then. */
  readonly wanted: Float64Array;
  /** What the measurements were made under, likewise. */
  readonly inForce: Float64Array;
}

/** Loads of those who are not in the pool stay as they are. */
export function predictedLoads(
  loads: ReadonlyMap<InstanceId, EndpointLoad>,
  { pool, wanted, inForce }: Withheld,
): ReadonlyMap<InstanceId, EndpointLoad> {
  const predicted = new Map(loads);
  for (const [i, id] of pool.ids.entries()) {
    const load = loads.get(id);
    const [after, before] = [wanted[i] ?? 0, inForce[i] ?? 0];
    if (load?.latencyMs === undefined || after <= 0 || before <= 0) continue;
    const ratio = Math.min(LARGEST_RATIO, Math.max(1 / LARGEST_RATIO, after / before));
    predicted.set(id, { ...load, latencyMs: load.latencyMs * ratio });
  }
  return predicted;
}
