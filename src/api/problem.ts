// RFC 9457 answers. Invariant: every error of the API has this one shape, and what a defect says about itself stays in
// the log.
import { ERRORS, type ErrorCode, type FieldError, SteelyardError } from "../model/errors.js";

/** Problem types are `PROBLEM_BASE` + slug. */
export const PROBLEM_BASE = "https://steelyard.dev/problems/";
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request. */
  readonly instance: string;
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];
  readonly requestId: string;
  /** Only where a repetition can help. */
  readonly retryAfterMs?: number;
}

const RETRY_AFTER_MS: Partial<Record<ErrorCode, number>> = { ERR_RATE_LIMITED: 1_000, ERR_STORE_UNAVAILABLE: 1_000 };

export function problemOf(error: SteelyardError, path: string, requestId: string): Problem {
  const entry = ERRORS[error.code];
  const retryAfterMs = RETRY_AFTER_MS[error.code];
  return {
    type: PROBLEM_BASE + entry.slug,
    title: entry.title,
    status: entry.httpStatus,
    detail: error.code === "ERR_INTERNAL" ? `see request ${requestId} in the log of the server` : error.message,
    instance: path,
    code: error.code,
    errors: error.errors,
    requestId,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Express, its body reader and its router throw errors of their own: the same failures under our codes. */
export function errorOf(thrown: unknown): SteelyardError {
  if (thrown instanceof SteelyardError) return thrown;
  if (thrown instanceof URIError) {
    return new SteelyardError("ERR_INVALID_REQUEST", "the path is not valid percent-encoding", { cause: thrown });
  }
  const type = thrown instanceof Error && "type" in thrown ? thrown.type : undefined;
  switch (type) {
    case "entity.too.large":
      return new SteelyardError("ERR_PAYLOAD_TOO_LARGE", `the body is larger than ${limitOf(thrown)}`, {
        cause: thrown,
      });
    case "encoding.unsupported":
      return new SteelyardError("ERR_UNSUPPORTED_MEDIA_TYPE", "compressed bodies are not read", { cause: thrown });
    case "request.aborted":
    case "request.size.invalid":
      return new SteelyardError("ERR_MALFORMED_JSON", "the body ended early", { cause: thrown });
    default:
      return SteelyardError.from(thrown);
  }
}

function limitOf(thrown: unknown): string {
  const limit = thrown instanceof Error && "limit" in thrown ? thrown.limit : undefined;
  return typeof limit === "number" ? `${limit / 1024} KiB` : "the limit";
}
