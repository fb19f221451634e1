// No share leaves the range around its fair value, whatever policy and modifiers computed: the last bound on what a bad
// signal can do.
import { boundShares } from "../../stats/bounded-shares.js";
import { type Draft, fairShareOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

export function clamp(draft: Draft, { minShareRatio, maxShareRatio }: ControlSettings["guards"]): Draft {
  const { pool, shares } = draft;
  const low = shares.map((_, i) => fairShareOf(pool, i) * minShareRatio);
  const high = shares.map((_, i) => Math.min(1, fairShareOf(pool, i) * maxShareRatio));
  return withShares(draft, boundShares(shares, low, high), {
    name: "clamp",
    note: `shares stay within ${minShareRatio} and ${maxShareRatio} times the fair one`,
  });
}
