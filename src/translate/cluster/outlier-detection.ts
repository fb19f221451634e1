// Ejection by Envoy itself. Every way of ejecting is switched explicitly: what the policy names always acts, and what it
// does not name never does (by default Envoy also ejects whoever's success rate is below the others').
import { OutlierDetection } from "../../gen/envoy/config/cluster/v3/outlier_detection.js";
import type { OutlierEjection } from "../../model/policy/outlier-detection.js";
import { durationOf } from "../duration.js";

const ALWAYS = 100;
const NEVER = 0;

export function outlierDetectionOf(ejection: OutlierEjection): OutlierDetection {
  const { consecutive5xx, consecutiveGatewayErrors } = ejection;
  return OutlierDetection.create({
    ...(consecutive5xx > 0 && { consecutive5xx }),
    enforcingConsecutive5xx: consecutive5xx > 0 ? ALWAYS : NEVER,
    ...(consecutiveGatewayErrors > 0 && { consecutiveGatewayFailure: consecutiveGatewayErrors }),
    enforcingConsecutiveGatewayFailure: consecutiveGatewayErrors > 0 ? ALWAYS : NEVER,
    enforcingSuccessRate: NEVER,
    enforcingFailurePercentage: NEVER,
    interval: durationOf(ejection.intervalMs),
    baseEjectionTime: durationOf(ejection.baseEjectionMs),
    maxEjectionTime: durationOf(ejection.maxEjectionMs),
    maxEjectionPercent: ejection.maxEjectionPercent,
    // Of a few hosts one is more than any percentage; without this none of them could ever be ejected.
    alwaysEjectOneHost: true,
  });
}
