// Nearly equal shares are made equal on purpose: only with all weights equal does Envoy use true power of two choices,
// which beats any weighted schedule on a homogeneous pool. Two thresholds, so that it does not flip between algorithms.
import { type Draft, withShares } from "../draft.js";
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
  const ratios = draft.map(({ share, fairShare }) => share / fairShare);
  const spread = Math.max(...ratios) / Math.min(...ratios);
  const equal = spread < (wasEqual ? collapseLeave : collapseEnter);
  if (!equal) return { draft, equal };
  const fair = draft.map(({ fairShare }) => fairShare);
  return { draft: withShares(draft, fair, { name: "equal", note: "differences too small to act on" }), equal };
}
