// Makes the text of a NACK fit to keep, log and show. It comes from the network, and Envoy's validation errors begin
// with a dump of the whole resource under a randomised heading; what was wrong stands at the end.

const MAX_BYTES = 1024;
const PGV = "Proto constraint validation failed";
const ELLIPSIS = "…";

/** Printable text of at most 1 KiB in UTF-8. */
export function refusalText(raw: string): string {
  // Bounded before it is searched: a request may be a megabyte.
  const tail = raw.length > 8 * MAX_BYTES ? raw.slice(-8 * MAX_BYTES) : raw;
  const text = printable(tail);
  if (tail === raw && Buffer.byteLength(text) <= MAX_BYTES) return text;
  const at = text.lastIndexOf(PGV);
  const kept = lastBytes(at > 0 ? text.slice(at) : text, MAX_BYTES - Buffer.byteLength(ELLIPSIS));
  return `${ELLIPSIS}${kept}`;
}

/** The same for a refused secret, which the text may quote. */
export function secretRefusalText(raw: string): string {
  if (!/PRIVATE KEY|inline_|password/i.test(raw)) return refusalText(raw);
  const at = raw.lastIndexOf(PGV);
  return at < 0 ? "withheld, for it may quote the secret" : refusalText(`${ELLIPSIS}${raw.slice(at)}`);
}

/** Control characters, line separators and lone surrogates become spaces. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ");
}

function lastBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let start = bytes.length - maxBytes;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++; // not in the middle of a character
  return bytes.toString("utf8", start);
}
