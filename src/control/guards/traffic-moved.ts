// At most a part of all traffic changes place in a second, so that no signal, however wrong, rebuilds the whole distribution
// before the next report shows what that did. Sheds of faults are not slowed down: they are few and must be quick.
import { type Draft, sharesOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/**
 * @param ratios share over fair share of each instance in the evaluation before
 * @param elapsedMs time between the two evaluations, milliseconds; 0 = no new signals
 * @param acted instances that a modifier holds back or lets return now: their moves are free
 */
export function limitTrafficMoved(
  draft: Draft,
  ratios: ReadonlyMap<string, number>,
  elapsedMs: number,
  acted: ReadonlySet<string>,
  { movedPerS }: ControlSettings["guards"],
): Draft {
  if (elapsedMs <= 0 || acted.size > 0 || draft.some(({ id }) => !ratios.has(id))) return draft;
  const before = draft.map(({ id, fairShare }) => fairShare * (ratios.get(id) ?? 1));
  const total = before.reduce((sum, share) => sum + share, 0);
  const from = before.map((share) => share / total);
  const moved = draft.reduce((sum, { share }, i) => sum + Math.abs(share - (from[i] ?? share)), 0) / 2;
  const limit = movedPerS * (elapsedMs / 1000);
  if (moved <= limit) return draft;
  const part = limit / moved;
  const shares = sharesOf(draft).map((share, i) => (from[i] ?? share) + part * (share - (from[i] ?? share)));
  return withShares(draft, shares, {
    name: "traffic moved",
    note: `at most ${Math.round(100 * movedPerS)} % of the traffic moves per second`,
  });
}
