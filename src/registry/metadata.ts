// Limits of an instance's metadata and the merge of a patch into it (RFC 7396). The limits hold after every merge:
// many small patches must not grow what a single registration may not carry.
import { SteelyardError } from "../model/errors.js";

export const MAX_METADATA_PAIRS = 64;
export const MAX_METADATA_BYTES = 8_192;

export type Metadata = Readonly<Record<string, string>>;

/** Why these pairs are too many or too large; undefined when they are not. */
export function metadataProblem(metadata: Metadata): string | undefined {
  const pairs = Object.entries(metadata);
  if (pairs.length > MAX_METADATA_PAIRS) return `at most ${MAX_METADATA_PAIRS} pairs`;
  const bytes = pairs.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return bytes > MAX_METADATA_BYTES ? `at most ${MAX_METADATA_BYTES} bytes of names and values in all` : undefined;
}

/**
 * `null` deletes a pair; pairs that the patch does not name stay.
 * @throws SteelyardError ERR_INVALID_REQUEST with pointer `/metadata` when the result exceeds a limit
 */
export function mergeMetadata(current: Metadata, patch: Readonly<Record<string, string | null>>): Metadata {
  const merged = new Map(Object.entries(current));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  const result = Object.fromEntries(merged);
  const problem = metadataProblem(result);
  if (problem === undefined) return result;
  throw new SteelyardError("ERR_INVALID_REQUEST", "the patched metadata is too large", {
    errors: [{ pointer: "/metadata", detail: problem }],
  });
}

/** Equal pairs, whatever their order. */
export function sameMetadata(a: Metadata, b: Metadata): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
