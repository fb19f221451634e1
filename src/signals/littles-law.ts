// Latency without a measurement: Little's law, L = n / r, on what every load report has. `n` is sampled once per
// report, so single rounds are noise: in-flight time and completions are averaged over the same few seconds.
// Counts failures as completions and long-lived streams as in flight; it is a fallback, and named as such.
import { type DecayedMean, decayedMean, EMPTY_MEAN, meanOf } from "../stats/decay.js";

const TAU_MS = 5_000;
/** Completions behind an answer, in effect. */
const MIN_COMPLETIONS = 5;
/** Requests seen in flight behind an answer, in effect: an error of about a third. */
const MIN_SEEN = 10;

export interface LittleState {
  /** `sum` = in-flight time in ms, `count` = completions: their quotient is the latency. */
  readonly time: DecayedMean;
  /** Requests seen in flight. */
  readonly seen: number;
}

export const LITTLE_START: LittleState = { time: EMPTY_MEAN, seen: 0 };

export interface LittleRound {
  readonly intervalMs: number;
  readonly inFlight: number;
  readonly completions: number;
}

export function littleStep(state: LittleState, round: LittleRound): LittleState {
  const { intervalMs, inFlight, completions } = round;
  const seen = decayedMean({ count: 0, sum: state.seen }, intervalMs, TAU_MS, 0, inFlight).sum;
  return { time: decayedMean(state.time, intervalMs, TAU_MS, completions, inFlight * intervalMs), seen };
}

/** Mean time in flight, milliseconds; undefined while there is too little to go by. */
export function littleLatencyMs(state: LittleState): number | undefined {
  return state.seen >= MIN_SEEN ? meanOf(state.time, MIN_COMPLETIONS) : undefined;
}
