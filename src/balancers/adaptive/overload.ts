// Feed-forward for the one case in which an integrator is too slow: an endpoint that is sent more than it completes, second
// after second, has shown its capacity, which is what it completes. Its share is set to that at once; waiting for the
// latency to say so lets a queue grow that takes longer to drain than it took to build. Matters with many proxies, where
// none of them has enough in flight to see the queue by itself.
import type { EndpointLoad } from "../../model/load.js";
import { completionsOf } from "../../model/load.js";
import { decayFactor } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";

/** Decayed counts. */
export interface Flow {
  readonly sent: number;
  readonly completed: number;
}

export const NO_FLOW: Flow = { sent: 0, completed: 0 };

export function flowStep(
  flow: Flow,
  load: EndpointLoad | undefined,
  gapMs: number,
  { overloadTauMs }: AdaptiveConfig,
): Flow {
  const keep = decayFactor(gapMs, overloadTauMs);
  return {
    sent: flow.sent * keep + (load?.issued ?? 0),
    completed: flow.completed * keep + completionsOf(load),
  };
}

/**
 * Log of the factor that brings what is sent down to what is completed; 0 while the difference can be chance. Counts of
 * arrivals scatter by their square root.
 */
export function overloadCorrection({ sent, completed }: Flow, { overloadDeviations, maxStep }: AdaptiveConfig): number {
  if (sent - completed <= overloadDeviations * Math.sqrt(sent) || sent <= 0) return 0;
  return Math.max(-maxStep, Math.log(Math.max(completed, 1) / sent));
}
