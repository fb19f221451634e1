// How much of the traffic the loop would move if an operator let it: the one number to watch in shadow and under a freeze.
import type { WeightPlan } from "../model/plan.js";

/** 0..1; undefined when nothing is withheld. */
export function withheldShare({ entries }: WeightPlan): number | undefined {
  let moved: number | undefined;
  for (const { share, shadowShare } of entries) {
    if (shadowShare !== undefined) moved = (moved ?? 0) + Math.abs(shadowShare - share) / 2;
  }
  return moved;
}
