// The integrator: moves log shares until all endpoints of a locality answer equally fast (Wardrop's equilibrium), which is
// the right set-point when nobody reports utilisation: it runs small hosts cool and needs no notion of capacity.
// In logs because share to utilisation then has gain 1 at any load and fleet size. Inside a locality only: between
// localities the network differs too, and moving traffic cannot make a distance shorter.
import type { EndpointPool } from "../endpoint-pool.js";
import type { AdaptiveConfig } from "./config.js";
import { standardErrors } from "./noise.js";
import { swingStep } from "./oscillation.js";
import { type EndpointColumns, setSwing, swingAt } from "./state.js";

export interface TrimStep {
  readonly pool: EndpointPool;
  /** Positions whose trim stays as it is (anti-windup). */
  readonly held: ReadonlySet<number>;
  /** Completions of the last round, weight in the mean to compare with. */
  readonly traffic: Float64Array;
  /** Log of the factor by which each is plainly sent too much, <= 0. */
  readonly overload: Float64Array;
  /** Largest log of a trim either way. */
  readonly bound: number;
  readonly elapsedMs: number;
  /** Gain per second before an endpoint's own factor. */
  readonly gainPerS: number;
  readonly config: AdaptiveConfig;
}

/**
 * One step of trims and swings, in place: the columns hold the averages of this round and the trims of the one before.
 * The new trims are centred per locality so that their mean over those that may learn is 0: only differences mean
 * anything, and a common drift would push everybody against the bound.
 */
export function stepTrims(columns: EndpointColumns, step: TrimStep): void {
  const { pool, held, elapsedMs, config } = step;
  const logLatencies = logLatenciesOf(columns, config);
  const setPoints = setPointsOf(logLatencies, step);
  const standardErrorOf = standardErrors(columns, elapsedMs, config);
  for (let i = 0; i < logLatencies.length; i++) {
    const setPoint = setPoints[pool.localities[i] ?? 0] ?? Number.NaN;
    if (held.has(i) || Number.isNaN(setPoint)) continue;
    stepOne(columns, i, setPoint - (logLatencies[i] ?? Number.NaN), standardErrorOf, step);
  }
  centre(columns.trim, step);
}

/** NaN = too few answers to tell. */
function logLatenciesOf({ latencyCount, latencySumMs }: EndpointColumns, { minSamples }: AdaptiveConfig): Float64Array {
  return latencyCount.map((count, i) => {
    const sumMs = latencySumMs[i] ?? 0;
    return count >= minSamples && sumMs > 0 ? Math.log(sumMs / count) : Number.NaN;
  });
}

/** Traffic-weighted mean of the log latency of those that learn, per locality; NaN = nobody to learn from. */
function setPointsOf(logLatencies: Float64Array, { pool, held, traffic }: TrimStep): Float64Array {
  const weights = new Float64Array(pool.localityCount);
  const sums = new Float64Array(pool.localityCount);
  for (let i = 0; i < logLatencies.length; i++) {
    const logLatency = logLatencies[i] ?? Number.NaN;
    const weight = traffic[i] ?? 0;
    if (held.has(i) || weight <= 0 || Number.isNaN(logLatency)) continue;
    const locality = pool.localities[i] ?? 0;
    weights[locality] = (weights[locality] ?? 0) + weight;
    sums[locality] = (sums[locality] ?? 0) + weight * logLatency;
  }
  return sums.map((sum, locality) => sum / (weights[locality] ?? 0));
}

/** @param distance log of how much faster it should be; NaN = not measured */
function stepOne(
  columns: EndpointColumns,
  i: number,
  distance: number,
  standardErrorOf: (position: number) => number,
  { overload, bound, elapsedMs, gainPerS, config }: TrimStep,
): void {
  const { trim, latencyCount } = columns;
  const elapsedS = elapsedMs / 1000;
  // Nobody measures it any more: what was learned fades towards the prior.
  const kept = (trim[i] ?? 0) * (1 - Math.min(1, config.leakPerS * elapsedS));
  trim[i] = kept;
  if (Number.isNaN(distance)) return;
  const error = clamp(distance, config.maxStep);
  const swing = swingStep(swingAt(columns, i), error, elapsedMs, config);
  setSwing(columns, i, swing);
  // An error that stays on one side becomes certain in time, however noisy it is.
  const longer = Math.sqrt((2 * config.tauMs) / (2 * config.tauMs + config.heldWorth * swing.heldMs));
  const doubt = Math.max(config.deadZone, config.doubt * standardErrorOf(i) * longer);
  const correction = overload[i] ?? 0;
  if (correction < 0 && error < 0) {
    trim[i] = clamp(kept + correction, bound);
    return;
  }
  const certain = Math.sign(error) * Math.max(0, Math.abs(error) - doubt);
  if (certain === 0) return;
  const count = latencyCount[i] ?? 0;
  const confidence = count / (count + config.halfConfidenceSamples);
  trim[i] = clamp(kept + gainPerS * swing.gainFactor * elapsedS * confidence * certain, bound);
}

function centre(trims: Float64Array, { pool, held, bound }: TrimStep): void {
  const { localities, localityCount } = pool;
  const sums = new Float64Array(localityCount);
  const counts = new Float64Array(localityCount);
  for (let i = 0; i < trims.length; i++) {
    if (held.has(i)) continue;
    const locality = localities[i] ?? 0;
    sums[locality] = (sums[locality] ?? 0) + (trims[i] ?? 0);
    counts[locality] = (counts[locality] ?? 0) + 1;
  }
  for (let i = 0; i < trims.length; i++) {
    const locality = localities[i] ?? 0;
    const count = counts[locality] ?? 0;
    if (count > 0) trims[i] = clamp((trims[i] ?? 0) - (sums[locality] ?? 0) / count, bound);
  }
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(-limit, value));
}
