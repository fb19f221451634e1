// Nearly equal shares are made equal on purpose: only with all weights equal does Envoy use true power of two choices,
// which beats any weighted schedule on a homogeneous pool. Two thresholds, so that it does not flip between algorithms.
import { type Draft, fairShareOf, ratiosOf, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

export interface Collapsed {
  readonly draft: Draft;
  readonly equal: boolean;
}

/** @param wasEqual whether the shares in force are equal; true at the start */
export function collapseToEqual(
  draft: Draft,
  wasEqual: boolean,
  { collapseEnter, collapseLeave }: ControlSettings["guards"],
): Collapsed {
  let largest = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (const ratio of ratiosOf(draft)) {
    largest = Math.max(largest, ratio);
    smallest = Math.min(smallest, ratio);
  }
  const equal = largest / smallest < (wasEqual ? collapseLeave : collapseEnter);
  if (!equal) return { draft, equal };
  const fair = draft.shares.map((_, i) => fairShareOf(draft.pool, i));
  return { draft: withShares(draft, fair, { name: "equal", note: "differences too small to act on" }), equal };
}
