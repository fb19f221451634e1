// Retries of a route: what is tried again and when, never on a host that was tried before while there is another. How
// many may be under way is the cluster's retry budget (cluster/circuit-breakers.ts).
import { RetryPolicy } from "../../gen/envoy/config/route/v3/route_components.js";
import { PreviousHostsPredicate } from "../../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.js";
import type { Retry } from "../../model/policy/retry.js";
import { durationOf } from "../duration.js";
import { packAny } from "../resource.js";

/**
 * Envoy picks anew as long as the pick is a host already tried, this often at most. A failing host looks idle: of two
 * hosts, least request picks it 3 times in 4, so that 5 more picks would end there 1 time in 6, and 100 never do. Where
 * there is no other host they cost some microseconds per retry.
 */
const PICKS = 100;

export function retryPolicyOf(retry: Omit<Retry, "budget">): RetryPolicy {
  const { attempts, on, statusCodes, perTryTimeoutMs, backOff } = retry;
  return RetryPolicy.create({
    retryOn: on.join(","),
    numRetries: attempts,
    ...(perTryTimeoutMs !== undefined && { perTryTimeout: durationOf(perTryTimeoutMs) }),
    retryHostPredicate: [
      {
        name: "envoy.retry_host_predicates.previous_hosts",
        configType: {
          $case: "typedConfig",
          value: packAny(PreviousHostsPredicate, PreviousHostsPredicate.create()),
        },
      },
    ],
    hostSelectionRetryMaxAttempts: BigInt(PICKS),
    retriableStatusCodes: on.includes("retriable-status-codes") ? [...statusCodes] : [],
    retryBackOff: { baseInterval: durationOf(backOff.baseMs), maxInterval: durationOf(backOff.maxMs) },
  });
}
