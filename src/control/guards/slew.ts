// A share grows at most by a factor per second; down is free, since shedding is what protects. Measured relative to the
// fair share, so that others leaving the pool do not count as growth.
import type { InstanceId } from "../../model/ids.js";
import { boundShares } from "../../stats/bounded-shares.js";
import { type Draft, sharesOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/**
 * @param ratios share over fair share of each instance in the evaluation before; absent = newcomer, not limited
 * @param elapsedMs time between the two evaluations, milliseconds; 0 = no new signals
 */
export function slew(
  draft: Draft,
  ratios: ReadonlyMap<InstanceId, number>,
  elapsedMs: number,
  settings: ControlSettings["guards"],
): Draft {
  // Without new signals nothing was learned: what moves is a change of members, which the others must absorb at once.
  if (ratios.size === 0 || elapsedMs <= 0) return draft;
  const growth = settings.slewUpPerS ** (elapsedMs / 1000);
  const low = draft.map(() => 0);
  const high = draft.map(({ id, fairShare }) => {
    const ratio = ratios.get(id);
    return ratio === undefined ? 1 : Math.min(1, fairShare * ratio * growth);
  });
  return withShares(draft, boundShares(sharesOf(draft), low, high), {
    name: "slew",
    note: `grows at most ${settings.slewUpPerS} times per second`,
    reasonFor: (before, after) => (after < before * 0.99 ? "growing step by step" : undefined),
  });
}
