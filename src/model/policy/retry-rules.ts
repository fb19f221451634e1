// Settings of `retry` that Envoy would pass over without a word.
import type { PolicyRule } from "./policy-rule.js";

/** Conditions under which a try that ran out of its time is tried again. */
const AFTER_TIMEOUT = ["reset", "5xx", "gateway-error"] as const;

const DEFAULT_STATUS_CODES = "503";

const perTryTimeoutActs: PolicyRule = ({ retry, timeouts: { requestMs } }) => {
  if (retry?.perTryTimeoutMs === undefined) return [];
  const pointer = "/retry/perTryTimeoutMs";
  if (requestMs > 0 && retry.perTryTimeoutMs >= requestMs) {
    return [{ pointer, detail: `must be less than timeouts.requestMs, ${requestMs}` }];
  }
  if (AFTER_TIMEOUT.some((condition) => retry.on.includes(condition))) return [];
  return [{ pointer, detail: `a try that runs out of time is only tried again on ${AFTER_TIMEOUT.join(", ")}` }];
};

const statusCodesAct: PolicyRule = ({ retry }) => {
  if (retry === undefined) return [];
  const { on, statusCodes } = retry;
  const named = on.includes("retriable-status-codes");
  if (named && statusCodes.length === 0) {
    return [{ pointer: "/retry/statusCodes", detail: "retriable-status-codes in `on` needs at least one" }];
  }
  if (!named && statusCodes.length > 0 && statusCodes.join() !== DEFAULT_STATUS_CODES) {
    return [{ pointer: "/retry/statusCodes", detail: "do nothing without retriable-status-codes in `on`" }];
  }
  return [];
};

export const retryRules: readonly PolicyRule[] = [perTryTimeoutActs, statusCodesAct];
