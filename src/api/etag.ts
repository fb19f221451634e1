// Entity tags and the conditional headers that carry them (RFC 9110 §13). A tag holds the revision of its record, and
// what else can change an answer without a new revision.
import type { IncomingHttpHeaders } from "node:http";
import { SteelyardError } from "../model/errors.js";

const STRONG_TAG = /^"(\d{1,15})(?:-[a-z]+)?"$/;

/** `variant` tells answers of one revision apart; a write compares the revision only. */
export function strongTag(revision: number, variant?: string): string {
  return variant === undefined ? `"${revision}"` : `"${revision}-${variant}"`;
}

export function weakTag(revision: number): string {
  return `W/"${revision}"`;
}

/**
 * Revision that a write is conditional on; "*" = whatever is there, undefined = unconditional.
 * @throws SteelyardError ERR_INVALID_REQUEST for anything but one strong tag of ours
 */
export function ifMatchOf(headers: IncomingHttpHeaders): number | "*" | undefined {
  const value = headers["if-match"]?.trim();
  if (value === undefined || value === "*") return value;
  const found = STRONG_TAG.exec(value)?.[1];
  if (found !== undefined) return Number(found);
  throw new SteelyardError("ERR_INVALID_REQUEST", "If-Match must be the ETag of an answer", {
    errors: [{ pointer: "/headers/if-match", detail: 'must be one ETag as it was answered, quotes included, or "*"' }],
  });
}

/**
 * Whether a write has `If-None-Match: *`, which means create only.
 * @throws SteelyardError ERR_INVALID_REQUEST for any other value
 */
export function ifAbsentOf(headers: IncomingHttpHeaders): boolean {
  const value = headers["if-none-match"]?.trim();
  if (value === undefined || value === "*") return value === "*";
  throw new SteelyardError("ERR_INVALID_REQUEST", "writes take no If-None-Match but *", {
    errors: [{ pointer: "/headers/if-none-match", detail: "must be *" }],
  });
}

/** Whether the reader has this version already; weak comparison, as the standard asks for reads. */
export function notModified(headers: IncomingHttpHeaders, tag: string): boolean {
  const value = headers["if-none-match"]?.trim();
  if (value === undefined) return false;
  if (value === "*") return true;
  const plain = tag.replace(/^W\//, "");
  return value.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === plain);
}
