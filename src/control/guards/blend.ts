// Gradual take-over: a weighted sum of the static shares (registered weights) and the dynamic ones, the same for every
// proxy at any time (after the migration gate of Dropbox's Robinhood). Applied before the bounds, so that those hold for
// what is pushed.
import { type Draft, fairShareOf, withShares } from "../draft.js";

/** @param blend 0..1, part of the dynamic shares; 1 = fully dynamic */
export function blendShares(draft: Draft, blend: number): Draft {
  if (blend >= 1) return draft;
  const shares = draft.shares.map((share, i) => (1 - blend) * fairShareOf(draft.pool, i) + blend * share);
  const percent = Math.round(100 * blend);
  return withShares(draft, shares, { name: "blend", note: `${percent} % dynamic, the rest by registered weight` });
}
