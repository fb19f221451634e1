// The two numbers of a whole service that its plan needs: its request rate, and how many requests are in flight per
// Envoy worker (Little's law on Envoy's own latencies), which the share law of LEAST_REQUEST depends on.
import { completionsOf, type LoadRound } from "../model/load.js";
import { decayFactor } from "../stats/decay.js";

/** Milliseconds; as long as the policy's own memory, so that both speak of the same past. */
const TAU_MS = 5_000;

/** Decayed sums. JSON value. */
export interface ServiceTotals {
  readonly elapsedMs: number;
  readonly completions: number;
  /** Sum of all latencies of successful answers, milliseconds. */
  readonly latencySumMs: number;
  readonly workers: number;
}

export const NO_TOTALS: ServiceTotals = { elapsedMs: 0, completions: 0, latencySumMs: 0, workers: 1 };

export function addRound(totals: ServiceTotals, round: LoadRound, gapMs: number): ServiceTotals {
  const keep = decayFactor(gapMs, TAU_MS);
  let completions = 0;
  let latencySumMs = 0;
  for (const load of round.loads.values()) {
    completions += completionsOf(load);
    // Weighted by successes, not by measured samples: where only a part is measured, the rest took as long.
    latencySumMs += load.successes * (load.latencyMs ?? 0);
  }
  return {
    elapsedMs: totals.elapsedMs * keep + round.intervalMs,
    completions: totals.completions * keep + completions,
    latencySumMs: totals.latencySumMs * keep + latencySumMs,
    workers: Math.max(1, round.workers),
  };
}

/** Requests of the service per second. */
export function serviceRps({ completions, elapsedMs }: ServiceTotals): number {
  return elapsedMs > 0 ? (1000 * completions) / elapsedMs : 0;
}

/** n = R·L/P of the share law. */
export function inFlightPerWorker({ latencySumMs, elapsedMs, workers }: ServiceTotals): number {
  return elapsedMs > 0 ? latencySumMs / elapsedMs / workers : 0;
}
