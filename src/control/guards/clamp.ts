// No share leaves the range around its fair value, whatever policy and modifiers computed: the last bound on what a bad
// signal can do.
import { boundShares } from "../../stats/bounded-shares.js";
import { type Draft, sharesOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

export function clamp(draft: Draft, { minShareRatio, maxShareRatio }: ControlSettings["guards"]): Draft {
  const low = draft.map(({ fairShare }) => fairShare * minShareRatio);
  const high = draft.map(({ fairShare }) => Math.min(1, fairShare * maxShareRatio));
  return withShares(draft, boundShares(sharesOf(draft), low, high), {
    name: "clamp",
    note: `shares stay within ${minShareRatio} and ${maxShareRatio} times the fair one`,
  });
}
