// Whether a new plan differs enough from the one in force to be worth a push. Each push makes every Envoy rebuild its
// schedule, and a loop that answers noise feeds it.
import type { ControlSettings } from "../settings.js";

/** All in the same order. */
export interface Change {
  /** Envoy compares weights within a group only. */
  readonly groups: ArrayLike<number>;
  readonly sharesBefore: ArrayLike<number>;
  readonly sharesAfter: ArrayLike<number>;
  /** Weights in force, and what they would have to be for the same shares under today's load. */
  readonly weightsBefore: ArrayLike<number>;
  readonly weightsForSameShares: ArrayLike<number>;
}

export function isOutsideDeadBand(
  { groups, sharesBefore, sharesAfter, weightsBefore, weightsForSameShares }: Change,
  { deadBandLog, deadBandMoved, lawDriftLog }: ControlSettings["guards"],
): boolean {
  let moved = 0;
  for (let i = 0; i < sharesBefore.length; i++) {
    const before = sharesBefore[i] ?? 0;
    const after = sharesAfter[i] ?? before;
    if (Math.abs(Math.log(after / before)) > deadBandLog) return true;
    moved += Math.abs(after - before) / 2;
  }
  return moved > deadBandMoved || largestLogDifference(groups, weightsBefore, weightsForSameShares) > lawDriftLog;
}

/** A scale that a group has in common does not count: Envoy only sees ratios. */
function largestLogDifference(groups: ArrayLike<number>, before: ArrayLike<number>, after: ArrayLike<number>): number {
  const largest: number[] = [];
  const smallest: number[] = [];
  for (let i = 0; i < before.length; i++) {
    const weight = before[i] ?? 1;
    const ratio = (after[i] ?? weight) / weight;
    const group = groups[i] ?? 0;
    largest[group] = Math.max(largest[group] ?? ratio, ratio);
    smallest[group] = Math.min(smallest[group] ?? ratio, ratio);
  }
  return largest.reduce((most, ratio, group) => Math.max(most, Math.log(ratio / (smallest[group] ?? ratio))), 0);
}
