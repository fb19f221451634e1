// What a policy would see if its shares were in force, while they are not (shadow, freeze). An integrator that meets the
// same error round after round, whatever it does, runs into its bound; so each endpoint's latency is shown as it would be
// under the share that the loop computed, in proportion: the elasticity rho / (1 - rho) of an M/M/1 queue at half load.
// Crude, but it closes the loop: shadow shares settle, and enforcing them starts from there.
import type { InstanceId } from "../model/ids.js";
import type { EndpointLoad } from "../model/load.js";

/** Further than this from what was measured, nothing can be told. */
const LARGEST_RATIO = 8;

/**
 * @param wantedShareOf share that the loop computed last, 0..1; undefined = not in the pool then
 * @param shareInForceOf share that the measurements were made under
 */
export function predictedLoads(
  loads: ReadonlyMap<InstanceId, EndpointLoad>,
  wantedShareOf: (id: InstanceId) => number | undefined,
  shareInForceOf: (id: InstanceId) => number | undefined,
): ReadonlyMap<InstanceId, EndpointLoad> {
  const predicted = new Map<InstanceId, EndpointLoad>();
  for (const [id, load] of loads) {
    const wanted = wantedShareOf(id) ?? 0;
    const actual = shareInForceOf(id) ?? 0;
    if (load.latencyMs === undefined || wanted <= 0 || actual <= 0) {
      predicted.set(id, load);
      continue;
    }
    const ratio = Math.min(LARGEST_RATIO, Math.max(1 / LARGEST_RATIO, wanted / actual));
    predicted.set(id, { ...load, latencyMs: load.latencyMs * ratio });
  }
  return predicted;
}
