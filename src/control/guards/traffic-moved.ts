// At most a part of all traffic changes place in a second, so that no signal, however wrong, rebuilds the whole distribution
// before the next report shows what that did. Sheds of faults are not slowed down: they are few and must be quick.
import { type Draft, fairShareOf, normalise, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/**
 * @param ratios share over fair share in the evaluation before, in the order of the pool; 0 = newcomer
 * @param elapsedMs time between the two evaluations, milliseconds; 0 = no new signals
 * @param acted whether a modifier holds somebody back or lets somebody return now: then moves are free
 */
export function limitTrafficMoved(
  draft: Draft,
  ratios: Float64Array,
  elapsedMs: number,
  acted: boolean,
  { movedPerS }: ControlSettings["guards"],
): Draft {
  if (elapsedMs <= 0 || acted || ratios.includes(0)) return draft;
  const from = normalise(ratios.map((ratio, i) => fairShareOf(draft.pool, i) * ratio));
  let moved = 0;
  for (const [i, share] of draft.shares.entries()) moved += Math.abs(share - (from[i] ?? share)) / 2;
  const limit = movedPerS * (elapsedMs / 1000);
  if (moved <= limit) return draft;
  const part = limit / moved;
  const shares = draft.shares.map((share, i) => (from[i] ?? share) + part * (share - (from[i] ?? share)));
  return withShares(draft, shares, {
    name: "traffic moved",
    note: `at most ${Math.round(100 * movedPerS)} % of the traffic moves per second`,
  });
}
