// What a proxy may have open to a service at most, and how many of that may be retries. The same for both routing
// priorities of Envoy, so that no request escapes the limits by its route's priority.
import type { CircuitBreakers } from "../../gen/envoy/config/cluster/v3/circuit_breaker.js";
import { RoutingPriority } from "../../gen/envoy/config/core/v3/base.js";
import type { CircuitBreakerLimits } from "../../model/policy/circuit-breakers.js";
import type { Retry } from "../../model/policy/retry.js";

/** Envoy's defaults (1,024) would make Envoy itself fail requests long before the backends are the limit. */
const UNLIMITED = 100_000;

const NO_LIMITS: CircuitBreakerLimits = {
  maxConnections: UNLIMITED,
  maxPendingRequests: UNLIMITED,
  maxRequests: UNLIMITED,
};

export function circuitBreakersOf(
  limits: CircuitBreakerLimits = NO_LIMITS,
  retry?: Pick<Retry, "budget">,
): CircuitBreakers {
  const { maxConnections, maxPendingRequests, maxRequests } = limits;
  return {
    thresholds: [RoutingPriority.DEFAULT, RoutingPriority.HIGH].map((priority) => ({
      priority,
      maxConnections,
      maxPendingRequests,
      maxRequests,
      // Envoy passes over it where there is a budget.
      maxRetries: UNLIMITED,
      retryBudget: retry && {
        budgetPercent: { value: retry.budget.percent },
        minRetryConcurrency: retry.budget.minConcurrent,
      },
      trackRemaining: false,
      maxConnectionPools: undefined,
    })),
    perHostThresholds: [],
  };
}
