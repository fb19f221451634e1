// Whether a new plan differs enough from the one in force to be worth a push. Each push makes every Envoy rebuild its
// schedule, and a loop that answers noise feeds it.
import type { ControlSettings } from "../settings.js";

export interface Change {
  readonly sharesBefore: readonly number[];
  readonly sharesAfter: readonly number[];
  /** Weights in force, and what they would have to be for the same shares under today's load. */
  readonly weightsBefore: readonly number[];
  readonly weightsForSameShares: readonly number[];
}

export function isOutsideDeadBand(
  change: Change,
  { deadBandLog, deadBandMoved, lawDriftLog }: ControlSettings["guards"],
): boolean {
  let moved = 0;
  for (const [i, before] of change.sharesBefore.entries()) {
    const after = change.sharesAfter[i] ?? before;
    if (Math.abs(Math.log(after / before)) > deadBandLog) return true;
    moved += Math.abs(after - before) / 2;
  }
  return moved > deadBandMoved || largestLogDifference(change.weightsBefore, change.weightsForSameShares) > lawDriftLog;
}

/** Common scale does not count: Envoy only sees ratios. */
function largestLogDifference(before: readonly number[], after: readonly number[]): number {
  const logs = before.map((weight, i) => Math.log((after[i] ?? weight) / weight));
  return logs.length === 0 ? 0 : Math.max(...logs) - Math.min(...logs);
}
