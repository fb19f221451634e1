// A share grows at most by a factor per second; down is free, since shedding is what protects. Measured relative to the
// fair share, so that others leaving the pool do not count as growth.
import { boundShares } from "../../stats/bounded-shares.js";
import { type Draft, fairShareOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/**
 * @param ratios share over fair share in the evaluation before, in the order of the pool; 0 = newcomer, not limited
 * @param elapsedMs time between the two evaluations, milliseconds; 0 = no new signals
 */
export function slew(
  draft: Draft,
  ratios: Float64Array,
  elapsedMs: number,
  settings: ControlSettings["guards"],
): Draft {
  // Without new signals nothing was learned: what moves is a change of members, which the others must absorb at once.
  if (elapsedMs <= 0 || ratios.every((ratio) => ratio === 0)) return draft;
  const growth = settings.slewUpPerS ** (elapsedMs / 1000);
  const low = new Float64Array(ratios.length);
  const high = ratios.map((ratio, i) => (ratio === 0 ? 1 : Math.min(1, fairShareOf(draft.pool, i) * ratio * growth)));
  return withShares(draft, boundShares(draft.shares, low, high), {
    name: "slew",
    note: `grows at most ${settings.slewUpPerS} times per second`,
    reasonFor: (before, after) => (after < before * 0.99 ? "growing step by step" : undefined),
  });
}
