// How far an average of latencies can be off by chance. Counting answers would say far too little: under load the answers of
// one second wait in the same queue, and are all slow or all quick together. So the scatter is taken from the rounds
// themselves, and an error within it moves nobody: chasing it would make every queue somebody's fault.
import type { EndpointLoad } from "../../model/load.js";
import { type DecayedMean, ewmaStep, meanOf } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";

/** Queues outlast a round: neighbouring rounds are alike, which makes the average of many worth about half as many. */
const CORRELATION = 2;

export interface NoiseInput {
  /** Variance so far. */
  readonly noise: number;
  /** The average before this round. */
  readonly past: DecayedMean;
  readonly load: EndpointLoad | undefined;
  readonly gapMs: number;
  readonly config: AdaptiveConfig;
}

/** Variance of ln(latency of a round / average), decayed. */
export function noiseStep({ noise, past, load, gapMs, config }: NoiseInput): number {
  const average = meanOf(past, config.minSamples);
  const now = load?.latencyMs;
  if (average === undefined || now === undefined || now <= 0 || average <= 0 || load?.latencyCount === 0) return noise;
  return ewmaStep(noise, Math.log(now / average) ** 2, gapMs, config.noiseTauMs);
}

/** Standard error of the log of the average over `tauMs`. @param intervalMs time between rounds */
export function standardError(noise: number, intervalMs: number, { tauMs }: AdaptiveConfig): number {
  const rounds = Math.max(1, (2 * tauMs) / intervalMs);
  return Math.sqrt((noise * CORRELATION) / rounds);
}
