// What "degraded" means to every per-request balancer: still used, at a reduced share. Never using it (the seed) throws
// capacity away and learns nothing of its recovery; using it in full ignores the warning.
import type { BackendSpec } from "./load-balancer.js";

/**
 * Part of its fair share that a degraded backend gets while a healthy one exists. At 0.3 it is still measured with a
 * third of the usual samples, its trouble reaches less than a third of the usual requests, and in the smallest fleet
 * where this matters (one of three) the other two get 30 % more, which is the head room that services are run with.
 */
export const DEGRADED_SHARE = 0.3;

/** Registered weight times the part that its health leaves it; 0 for unhealthy. */
export function effectiveWeight({ weight, health }: BackendSpec): number {
  if (health === "unhealthy") return 0;
  return health === "degraded" ? weight * DEGRADED_SHARE : weight;
}
