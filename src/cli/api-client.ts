// The REST API as commands see it: JSON in and out, and two kinds of failure, "no answer" and "the server refused".
import { type FieldError, SteelyardError } from "../model/errors.js";
import type { CliContext } from "./context.js";

const TIMEOUT_MS = 10_000;

/** The server answered with a problem. `code` is its text: a newer server may know codes that this client doesn't. */
export class ServerProblem extends Error {
  override readonly name = "ServerProblem";
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];

  constructor(problem: { status: number; code: string; detail: string; errors: readonly FieldError[] }) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.errors = problem.errors;
  }
}

export interface SendOptions {
  readonly method?: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** Ends an answer that stays open. Default: ten seconds. */
  readonly signal?: AbortSignal;
}

export class ApiClient {
  /** Without a trailing slash. */
  readonly server: string;
  readonly #fetch: typeof fetch;

  /** @throws SteelyardError ERR_CONFIG_INVALID; what the flag says was checked as a flag, the environment was not */
  constructor(server: string, context: Pick<CliContext, "fetch">) {
    if (!isHttpUrl(server))
      throw new SteelyardError("ERR_CONFIG_INVALID", `STEELYARD_SERVER ${JSON.stringify(server)} is not an http URL`);
    this.server = server.replace(/\/+$/, "");
    this.#fetch = context.fetch;
  }

  /**
   * The parsed answer; undefined when it has no body. Its type is the caller's claim: both sides are made from the same
   * schemas.
   * @throws SteelyardError ERR_SERVER_UNREACHABLE
   * @throws ServerProblem
   */
  async send<T>(path: string, options: SendOptions = {}): Promise<T> {
    const response = await this.open(path, options);
    const text = await this.#reading(() => response.text());
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** The answer before its body is read. Throws as `send` does. */
  async open(path: string, { method = "GET", body, signal }: SendOptions = {}): Promise<Response> {
    const response = await this.#reading(() =>
      this.#fetch(this.server + path, {
        method,
        signal: signal ?? AbortSignal.timeout(TIMEOUT_MS),
        ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      }),
    );
    if (response.ok) return response;
    throw problemFrom(response.status, await this.#reading(() => response.text()));
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw new SteelyardError("ERR_SERVER_UNREACHABLE", `no answer from ${this.server}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/** fetch hides the reason one or two causes deep, and in a list when a name has several addresses. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `timeout after ${TIMEOUT_MS / 1_000} s`;
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error.cause;
  return inner === undefined ? error.message || error.name : reasonOf(inner);
}

function problemFrom(status: number, text: string): ServerProblem {
  const fields = parseOrEmpty(text);
  const detail = typeof fields["detail"] === "string" ? fields["detail"] : `the server answered ${status}`;
  const code = typeof fields["code"] === "string" ? fields["code"] : `HTTP ${status}`;
  const errors = Array.isArray(fields["errors"]) ? fields["errors"].filter(isFieldError) : [];
  return new ServerProblem({ status, code, detail, errors });
}

function parseOrEmpty(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // a proxy in between answers with a page
  }
}

function isFieldError(value: unknown): value is FieldError {
  return typeof value === "object" && value !== null && "pointer" in value && "detail" in value;
}
