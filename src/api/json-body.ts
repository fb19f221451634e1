// From the bytes of a request to a plain JSON value. Invariant: what leaves this file has no key `__proto__`, no lone
// surrogate, no infinite or silently rounded number, and no nesting that a recursive reader could overflow on.
import type { IncomingMessage } from "node:http";
import { type FieldError, SteelyardError } from "../model/errors.js";
import { findJsonFault } from "./json-position.js";

const MAX_JSON_DEPTH = 32;
const MAX_REPORTED_FAULTS = 20;
/** Under the `u` flag, pairs are one code point, so that only halves match. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const MEDIA_TYPE = /^application\/(?:merge-patch\+)?json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/** @throws SteelyardError ERR_UNSUPPORTED_MEDIA_TYPE */
export function checkMediaType(request: IncomingMessage): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") {
    throw new SteelyardError(
      "ERR_UNSUPPORTED_MEDIA_TYPE",
      `Content-Encoding ${quoted(encoding)}: compressed bodies are not read`,
    );
  }
  const type = request.headers["content-type"];
  if (type === undefined || !MEDIA_TYPE.test(type)) {
    const sent = type === undefined ? "no Content-Type" : `Content-Type ${quoted(type)}`;
    throw new SteelyardError("ERR_UNSUPPORTED_MEDIA_TYPE", `the body came with ${sent}; application/json is needed`);
  }
}

/** @throws SteelyardError ERR_MALFORMED_JSON with line and column, ERR_INVALID_REQUEST with pointers */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parseJson(decodeUtf8(bytes));
  const errors = faultsOf(value);
  if (errors.length > 0)
    throw new SteelyardError("ERR_INVALID_REQUEST", "the body holds values that JSON cannot carry safely", { errors });
  if (!isRecord(value)) {
    const detail = `must be an object, not ${value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`}`;
    throw new SteelyardError("ERR_INVALID_REQUEST", `the body ${detail}`, { errors: [{ pointer: "", detail }] });
  }
  return value;
}

/** RFC 6901 escaping of one reference token. */
function pointerToken(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new SteelyardError("ERR_MALFORMED_JSON", "the body is not valid UTF-8", { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const fault = findJsonFault(text);
    const where = fault
      ? `line ${fault.line}, column ${fault.column} (character ${fault.offset}): expected ${fault.expected}`
      : "somewhere in the body";
    throw new SteelyardError("ERR_MALFORMED_JSON", `not JSON at ${where}`, { cause: error });
  }
}

interface Visit {
  readonly value: object;
  readonly depth: number;
  readonly key: string;
  readonly parent: Visit | undefined;
}

/** Iterative, and pointers are spelled out only for faults: any body within the size limit costs linear time. */
function faultsOf(root: unknown): readonly FieldError[] {
  const errors: FieldError[] = [];
  const pending: Visit[] = [];
  const inspect = (value: unknown, key: string, parent: Visit | undefined): void => {
    if (errors.length >= MAX_REPORTED_FAULTS) return;
    const depth = parent ? parent.depth + 1 : 0;
    const detail = faultOf(value, key, depth);
    if (detail !== undefined) errors.push({ pointer: pointerOf(key, parent), detail });
    else if (typeof value === "object" && value !== null) pending.push({ value, depth, key, parent });
  };
  inspect(root, "", undefined);
  for (let visit = pending.pop(); visit; visit = pending.pop()) {
    for (const [key, child] of Object.entries(visit.value)) inspect(child, key, visit);
  }
  return errors;
}

function faultOf(value: unknown, key: string, depth: number): string | undefined {
  if (key === "__proto__") return "is not an allowed key";
  if (LONE_SURROGATE.test(key)) return "is a key with lone surrogates";
  if (typeof value === "string") return LONE_SURROGATE.test(value) ? "must not hold lone surrogates" : undefined;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return "must be a finite number";
    const rounded = Number.isInteger(value) && !Number.isSafeInteger(value);
    return rounded ? "must be within ±(2^53 - 1), or it would be rounded" : undefined;
  }
  const nested = typeof value === "object" && value !== null;
  return nested && depth >= MAX_JSON_DEPTH ? `must not nest deeper than ${MAX_JSON_DEPTH} levels` : undefined;
}

function pointerOf(key: string, parent: Visit | undefined): string {
  if (!parent) return "";
  const tokens = [pointerToken(key)];
  for (let visit: Visit = parent; visit.parent; visit = visit.parent) tokens.push(pointerToken(visit.key));
  return tokens
    .reverse()
    .map((token) => `/${token.replaceAll(LONE_SURROGATES, "\ufffd")}`)
    .join("");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
