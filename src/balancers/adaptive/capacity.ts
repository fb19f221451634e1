// Feed-forward: where backends report their utilisation, throughput over utilisation is what an instance could serve
// (gRFC A58, "weighted round robin"). It needs no iteration and so has no stability limit; the trim then only corrects
// what utilisation does not tell. Kept when the reports stop: the last known capacity is a better guess than none.
import type { EndpointLoad } from "../../model/load.js";
import { ewmaStep } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";

/**
 * @param capacityRps what is known so far, requests per second at full utilisation; 0 = nothing
 * @returns the new estimate; saturated instances (utilisation of 1 and more) count at their throughput
 */
export function capacityStep(
  capacityRps: number,
  load: EndpointLoad | undefined,
  gapMs: number,
  { capacityTauMs, minUtilization }: AdaptiveConfig,
): number {
  const { utilization, rps } = load ?? {};
  if (utilization === undefined || rps === undefined || utilization < minUtilization || rps <= 0) return capacityRps;
  const sample = rps / utilization;
  return capacityRps > 0 ? ewmaStep(capacityRps, sample, gapMs, capacityTauMs) : sample;
}
