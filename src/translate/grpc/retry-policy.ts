// Retries as gRPC can do them (A44): by status of the call, with back-off. It has no budgets, no time limit per try and no
// way to avoid an instance that was tried; connections that fail before a call was sent are tried again in any case.
import { RetryPolicy } from "../../gen/envoy/config/route/v3/route_components.js";
import type { Retry } from "../../model/policy/retry.js";
import { durationOf } from "../duration.js";

const STATUSES: ReadonlySet<string> = new Set([
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
]);

/** undefined when nothing of what is to be tried again is a status of gRPC. */
export function grpcRetryPolicyOf(retry: Retry | undefined): RetryPolicy | undefined {
  const statuses = retry?.on.filter((condition) => STATUSES.has(condition)) ?? [];
  if (retry === undefined || statuses.length === 0) return undefined;
  return RetryPolicy.create({
    retryOn: statuses.join(","),
    numRetries: retry.attempts,
    retryBackOff: {
      baseInterval: durationOf(retry.backOff.baseMs),
      maxInterval: durationOf(retry.backOff.maxMs),
    },
  });
}
