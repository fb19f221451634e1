// Which node gets which resources. Mode B says so in its bootstrap: `node.metadata.steelyard.mode: weights`.
import type { NodeInfo } from "../xds/node.js";
import { FULL_AUDIENCE, WEIGHTS_AUDIENCE } from "./publisher.js";

export function audienceOf({ metadata }: Pick<NodeInfo, "metadata">): string {
  const ours = metadata["steelyard"];
  const mode = typeof ours === "object" && ours !== null && "mode" in ours ? ours.mode : undefined;
  return mode === "weights" ? WEIGHTS_AUDIENCE : FULL_AUDIENCE;
}
