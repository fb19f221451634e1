// The integrator: moves log shares until all endpoints of a locality answer equally fast (Wardrop's equilibrium), which is
// the right set-point when nobody reports utilisation: it runs small hosts cool and needs no notion of capacity.
// In logs because share to utilisation then has gain 1 at any load and fleet size. Inside a locality only: between
// localities the network differs too, and moving traffic cannot make a distance shorter.
import type { DecayedMean } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";
import { standardErrors } from "./noise.js";
import { type Swing, swingStep } from "./oscillation.js";

export interface TrimEndpoint {
  readonly locality: string;
  /** Log of the share relative to the prior; what this file owns. */
  readonly trim: number;
  readonly swing: Swing;
  /** Latency of successful answers, decayed over `tauMs`. */
  readonly latency: DecayedMean;
  /** Squared deviations of the log latency from one round to the next. */
  readonly noise: DecayedMean;
  /** Completions of the last round, weight in the mean to compare with. */
  readonly traffic: number;
  /** false = hold (anti-windup): the trim stays as it is. */
  readonly learns: boolean;
  /** Log of the factor by which it is plainly sent too much, <= 0. */
  readonly overload: number;
  /** Largest log of the trim either way. */
  readonly bound: number;
}

/** Queues outlast the averages: a side held for a minute is worth a quarter of that in independent evidence. */
const HELD_DISCOUNT = 4;

export interface Trimmed {
  readonly trim: number;
  readonly swing: Swing;
}

export interface TrimStep {
  readonly elapsedMs: number;
  /** Gain per second before an endpoint's own factor. */
  readonly gainPerS: number;
  readonly config: AdaptiveConfig;
}

/**
 * One step. Returns the new trims, centred per locality so that their mean over those that may learn is 0: only
 * differences mean anything, and a common drift would push everybody against the bound.
 */
export function stepTrims(endpoints: readonly TrimEndpoint[], step: TrimStep): Trimmed[] {
  const setPoints = setPointsOf(endpoints, step.config);
  const noises = endpoints.map(({ noise }) => noise);
  const errorOf = standardErrors(noises, step.elapsedMs, step.config);
  const stepped = endpoints.map((endpoint) =>
    stepOne(endpoint, setPoints.get(endpoint.locality), errorOf(endpoint.noise), step),
  );
  return centre(stepped, endpoints);
}

function isMeasured({ latency }: TrimEndpoint, { minSamples }: AdaptiveConfig): boolean {
  return latency.count >= minSamples && latency.sum > 0;
}

function logLatency({ latency }: TrimEndpoint): number {
  return Math.log(latency.sum / latency.count);
}

/** Traffic-weighted mean of the log latency of those that learn, per locality. */
function setPointsOf(endpoints: readonly TrimEndpoint[], config: AdaptiveConfig): Map<string, number> {
  const sums = new Map<string, { traffic: number; weightedLog: number }>();
  for (const endpoint of endpoints) {
    if (!endpoint.learns || endpoint.traffic <= 0 || !isMeasured(endpoint, config)) continue;
    const sum = sums.get(endpoint.locality) ?? { traffic: 0, weightedLog: 0 };
    sum.traffic += endpoint.traffic;
    sum.weightedLog += endpoint.traffic * logLatency(endpoint);
    sums.set(endpoint.locality, sum);
  }
  return new Map(Array.from(sums, ([locality, { traffic, weightedLog }]) => [locality, weightedLog / traffic]));
}

function stepOne(
  endpoint: TrimEndpoint,
  setPoint: number | undefined,
  standardError: number,
  { elapsedMs, gainPerS, config }: TrimStep,
): Trimmed {
  const { trim, swing, latency, learns, overload, bound } = endpoint;
  const elapsedS = elapsedMs / 1000;
  if (!learns || setPoint === undefined) return { trim, swing };
  // Nobody measures it any more: what was learned fades towards the prior.
  const kept = trim * (1 - Math.min(1, config.leakPerS * elapsedS));
  if (!isMeasured(endpoint, config)) return { trim: kept, swing };
  const error = clamp(setPoint - logLatency(endpoint), config.maxStep);
  const moved = swingStep(swing, error, elapsedMs, config);
  // An error that stays on one side becomes certain in time, however noisy it is.
  const longer = Math.sqrt((2 * config.tauMs) / (2 * config.tauMs + moved.heldMs / HELD_DISCOUNT));
  const doubt = Math.max(config.deadZone, config.doubt * standardError * longer);
  if (overload < 0 && error < 0) return { trim: clamp(kept + overload, bound), swing: moved };
  const certain = Math.sign(error) * Math.max(0, Math.abs(error) - doubt);
  if (certain === 0) return { trim: kept, swing: moved };
  const confidence = latency.count / (latency.count + config.halfConfidenceSamples);
  return { trim: clamp(kept + gainPerS * moved.gainFactor * elapsedS * confidence * certain, bound), swing: moved };
}

function centre(trims: readonly Trimmed[], endpoints: readonly TrimEndpoint[]): Trimmed[] {
  const sums = new Map<string, { sum: number; count: number }>();
  endpoints.forEach(({ locality, learns }, i) => {
    if (!learns) return;
    const known = sums.get(locality) ?? { sum: 0, count: 0 };
    known.sum += trims[i]?.trim ?? 0;
    known.count += 1;
    sums.set(locality, known);
  });
  return trims.map(({ trim, swing }, i) => {
    const endpoint = endpoints[i];
    const known = endpoint === undefined ? undefined : sums.get(endpoint.locality);
    if (endpoint === undefined || known === undefined) return { trim, swing };
    return { trim: clamp(trim - known.sum / known.count, endpoint.bound), swing };
  });
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
