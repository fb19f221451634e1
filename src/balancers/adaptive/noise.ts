// How far an average of latencies can be off by chance. Counting answers would say far too little: under load the answers of
// one second wait in the same queue, and are all slow or all quick together. So the scatter is taken from the rounds
// themselves, and an error within it moves nobody: chasing it would make every queue somebody's fault.
import type { EndpointLoad } from "../../model/load.js";
import { type DecayedMean, decayedMean, meanAt, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { AdaptiveConfig } from "./config.js";
import type { EndpointColumns } from "./state.js";

/** Deviations seen in the whole service before anything is known about chance. */
const MIN_DEVIATIONS = 8;

export interface NoiseInput {
  /** Squared deviations of ln(latency of a round / average) so far, decayed. */
  readonly noise: DecayedMean;
  /** The average before this round. */
  readonly past: DecayedMean;
  readonly load: EndpointLoad | undefined;
  readonly gapMs: number;
  readonly config: AdaptiveConfig;
}

export function noiseStep({ noise, past, load, gapMs, config }: NoiseInput): DecayedMean {
  const average = meanOf(past, config.minSamples);
  const now = load?.latencyMs;
  const measured = average !== undefined && average > 0 && now !== undefined && now > 0 && load?.latencyCount !== 0;
  const squared = measured ? Math.log(now / average) ** 2 : 0;
  return decayedMean(noise, gapMs, config.noiseTauMs, measured ? 1 : 0, squared);
}

/**
 * Standard error of the log of an endpoint's average over `tauMs`: the function of its position. Never less than the
 * typical one of the service, since a few rounds of one endpoint may look calm by chance; the largest number while the
 * service as a whole is not known.
 */
export function standardErrors(
  { noiseCount, noiseSum }: Pick<EndpointColumns, "noiseCount" | "noiseSum">,
  intervalMs: number,
  config: AdaptiveConfig,
): (position: number) => number {
  const noiseOf = (i: number): number | undefined => meanOf(meanAt(noiseCount, noiseSum, i));
  const known: number[] = [];
  let seen = 0;
  for (let i = 0; i < noiseCount.length; i++) {
    seen += noiseCount[i] ?? 0;
    const noise = noiseOf(i);
    if (noise !== undefined) known.push(noise);
  }
  if (seen < MIN_DEVIATIONS) return () => Number.MAX_VALUE;
  const typical = lowerMedian(known) ?? 0;
  const rounds = Math.max(1, (2 * config.tauMs) / intervalMs);
  return (i) => Math.sqrt((Math.max(typical, noiseOf(i) ?? 0) * config.roundCorrelation) / rounds);
}
