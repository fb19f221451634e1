// Settings of `retry` that Envoy would pass over without a word.
import type { FieldError } from "../errors.js";
import type { Retry } from "./retry.js";

/** Of a policy, or of a rule of a route. */
interface Retrying {
  readonly retry?: Omit<Retry, "budget"> | undefined;
  readonly timeouts: { readonly requestMs: number };
}

type RetryRule = (retrying: Retrying) => readonly FieldError[];

/** Conditions under which a try that ran out of its time is tried again. */
const AFTER_TIMEOUT = ["reset", "5xx", "gateway-error"] as const;

const DEFAULT_STATUS_CODES = "503";

const perTryTimeoutActs: RetryRule = ({ retry, timeouts: { requestMs } }) => {
  if (retry?.perTryTimeoutMs === undefined) return [];
  const pointer = "/retry/perTryTimeoutMs";
  if (requestMs > 0 && retry.perTryTimeoutMs >= requestMs) {
    return [{ pointer, detail: `must be less than timeouts.requestMs, ${requestMs}` }];
  }
  if (AFTER_TIMEOUT.some((condition) => retry.on.includes(condition))) return [];
  return [{ pointer, detail: `a try that runs out of time is only tried again on ${AFTER_TIMEOUT.join(", ")}` }];
};

const statusCodesAct: RetryRule = ({ retry }) => {
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

export const retryRules: readonly RetryRule[] = [perTryTimeoutActs, statusCodesAct];
