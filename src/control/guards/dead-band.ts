// Whether a new plan differs enough from the one in force to be worth a push. Each push makes every Envoy rebuild its
// schedule, and a loop that answers noise feeds it.
import type { ControlSettings } from "../settings.js";

/** All in the same order. */
export interface Change {
  readonly sharesBefore: ArrayLike<number>;
  readonly sharesAfter: ArrayLike<number>;
  /** Weights in force, and what they would have to be for the same shares under today's load. */
  readonly weightsBefore: ArrayLike<number>;
  readonly weightsForSameShares: ArrayLike<number>;
}

export function isOutsideDeadBand(
  { sharesBefore, sharesAfter, weightsBefore, weightsForSameShares }: Change,
  { deadBandLog, deadBandMoved, lawDriftLog }: ControlSettings["guards"],
): boolean {
  let moved = 0;
  for (let i = 0; i < sharesBefore.length; i++) {
    const before = sharesBefore[i] ?? 0;
    const after = sharesAfter[i] ?? before;
    if (Math.abs(Math.log(after / before)) > deadBandLog) return true;
    moved += Math.abs(after - before) / 2;
  }
  return moved > deadBandMoved || largestLogDifference(weightsBefore, weightsForSameShares) > lawDriftLog;
}

/** Common scale does not count: Envoy only sees ratios. */
function largestLogDifference(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < before.length; i++) {
    const weight = before[i] ?? 1;
    const ratio = (after[i] ?? weight) / weight;
    largest = Math.max(largest, ratio);
    smallest = Math.min(smallest, ratio);
  }
  return before.length === 0 ? 0 : Math.log(largest) - Math.log(smallest);
}
