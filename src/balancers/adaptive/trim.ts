// The integrator: moves log shares until all endpoints answer equally fast (Wardrop's equilibrium), which is the right
// set-point when nobody reports utilisation: it runs small hosts cool and needs no notion of capacity.
// In logs because share to utilisation then has gain 1 at any load and fleet size.
import type { DecayedMean } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";

export interface TrimEndpoint {
  /** Log of the share relative to the prior; what this file owns. */
  readonly trim: number;
  /** Latency of successful answers, decayed over `tauMs`. */
  readonly latency: DecayedMean;
  /** Completions of the last round, weight in the mean to compare with. */
  readonly traffic: number;
  /** false = hold (anti-windup): the trim stays as it is. */
  readonly learns: boolean;
}

/**
 * One step. Returns the new trims, centred so that their mean over those that may learn is 0: only differences mean
 * anything, and a common drift would push everybody against the bound.
 */
export function stepTrims(
  endpoints: readonly TrimEndpoint[],
  elapsedS: number,
  gainPerS: number,
  config: AdaptiveConfig,
): number[] {
  const usable = (e: TrimEndpoint): boolean => e.learns && e.latency.count >= config.minSamples && e.latency.sum > 0;
  let traffic = 0;
  let weightedLog = 0;
  for (const e of endpoints) {
    if (!usable(e)) continue;
    traffic += e.traffic;
    weightedLog += e.traffic * Math.log(e.latency.sum / e.latency.count);
  }
  if (traffic <= 0) return endpoints.map(({ trim }) => trim);
  const setPoint = weightedLog / traffic;
  const bound = Math.log(config.maxTrim);
  const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value));
  const trims = endpoints.map((e) => {
    if (!usable(e)) return e.trim;
    const error = clamp(setPoint - Math.log(e.latency.sum / e.latency.count), config.maxStep);
    const kept = e.trim * (1 - Math.min(1, config.leakPerS * elapsedS));
    if (Math.abs(error) < config.deadZone) return kept;
    const confidence = e.latency.count / (e.latency.count + config.halfConfidenceSamples);
    return clamp(kept + gainPerS * elapsedS * confidence * error, bound);
  });
  return centre(trims, endpoints, bound);
}

function centre(trims: readonly number[], endpoints: readonly TrimEndpoint[], bound: number): number[] {
  const learning = trims.filter((_, i) => endpoints[i]?.learns);
  if (learning.length === 0) return [...trims];
  const mean = learning.reduce((sum, trim) => sum + trim, 0) / learning.length;
  return trims.map((trim) => Math.min(bound, Math.max(-bound, trim - mean)));
}
