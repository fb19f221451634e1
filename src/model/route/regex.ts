// Regular expressions as Envoy takes them: RE2 over bytes, matched against the whole text, and no larger than Envoy's default
// limit. Invariant: what passes here, Envoy accepts, because one refused route would hold back all routes of a proxy.
import { RE2JS } from "re2js";
import { z } from "zod";

const MAX_CHARS = 512;
/** `re2.max_program_size.error_level` where the runtime of Envoy says nothing else. */
const MAX_PROGRAM_SIZE = 100;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** Envoy matches bytes: there is no character beyond one. The number of backslashes before tells whether it is an escape. */
const WIDE_CHARACTER = /(?<!\\)(?:\\\\)*\\x\{0*[1-9a-f][0-9a-f]{2}/i;
const MAX_BYTE = 0xff;

/** An instruction of a compiled program. `runes`: first and last of each range, or one alone. */
interface Instruction {
  readonly runes?: ArrayLike<number> | null;
}

/** What is wrong with it; undefined = Envoy takes it. */
export function regexFault(pattern: string): string | undefined {
  if (!PRINTABLE_ASCII.test(pattern)) return "must be printable ASCII; other characters of a path are percent-encoded";
  if (WIDE_CHARACTER.test(pattern)) return "matches bytes: no character above \\xff";
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (thrown) {
    return `is not RE2 syntax: ${reasonOf(thrown)}`;
  }
  const size = programSize(pattern, compiled);
  return size > MAX_PROGRAM_SIZE
    ? `is too large: about ${size} instructions, and Envoy takes ${MAX_PROGRAM_SIZE}`
    : undefined;
}

export const regexSchema = z
  .string()
  .min(1)
  .max(MAX_CHARS)
  .superRefine((pattern, context) => {
    const fault = regexFault(pattern);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

/**
 * Never less than what Envoy counts: RE2 spends an instruction on each range of bytes where the port spends one on the
 * whole class, one more on a repeated group that may be empty, and two on looking for the beginning of a match.
 */
function programSize(pattern: string, compiled: RE2JS): number {
  const instructions = (compiled.re2().prog as { readonly inst: readonly Instruction[] }).inst;
  const repeatedGroups = pattern.match(/\)[*+?{]/g)?.length ?? 0;
  return instructions.reduce((sum, { runes }) => sum + byteRanges(runes ?? []), 2 + repeatedGroups);
}

function byteRanges(runes: ArrayLike<number>): number {
  if (runes.length <= 1) return 1;
  let ranges = 0;
  for (let index = 0; index < runes.length; index += 2) if ((runes[index] ?? 0) <= MAX_BYTE) ranges += 1;
  return ranges;
}

function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/^error parsing regexp: /, "");
}
