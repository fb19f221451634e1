// Where a text stops being JSON. `JSON.parse` names a position only in some of its messages, and differs by Node
// release; this scanner (RFC 8259, iterative, so that no nesting overflows the stack) runs only after it has refused.

export interface JsonFault {
  /** Characters before the fault. */
  readonly offset: number;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  readonly expected: string;
}

const WHITESPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Want = "value" | "value or ]" | "key" | "key or }" | ":" | ", or ]" | ", or }" | "end";

/** The first fault of `text`; undefined when it is JSON. */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: ("[" | "{")[] = [];
  let offset = 0;
  let want: Want = "value";
  const afterValue = (): Want => {
    const container = open.at(-1);
    if (container === undefined) return "end";
    return container === "[" ? ", or ]" : ", or }";
  };
  for (;;) {
    offset = match(WHITESPACE, text, offset) ?? offset;
    const char = text[offset];
    if (char === undefined) return want === "end" ? undefined : fault(text, offset, `${want}, found the end`);
    if (want === "end") return fault(text, offset, "the end");
    if (
      (char === "]" && (want === "value or ]" || want === ", or ]")) ||
      (char === "}" && (want === "key or }" || want === ", or }"))
    ) {
      open.pop();
      offset++;
      want = afterValue();
    } else if (want === ":" || want === ", or ]" || want === ", or }") {
      if (char !== want[0]) return fault(text, offset, want);
      offset++;
      want = want === ", or }" ? "key" : "value";
    } else if (char === '"') {
      const end = endOfString(text, offset);
      if (!end.closed) return fault(text, end.offset, "a closed string without control characters");
      offset = end.offset;
      want = wantsKey(want) ? ":" : afterValue();
    } else if (wantsKey(want)) {
      return fault(text, offset, want);
    } else if (char === "[" || char === "{") {
      open.push(char);
      offset++;
      want = char === "[" ? "value or ]" : "key or }";
    } else {
      const end = match(SCALAR, text, offset);
      if (end === undefined) return fault(text, offset, want);
      offset = end;
      want = afterValue();
    }
  }
}

function wantsKey(want: Want): boolean {
  return want === "key" || want === "key or }";
}

function match(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function endOfString(text: string, start: number): { readonly offset: number; readonly closed: boolean } {
  let offset = start + 1;
  while (offset < text.length) {
    const code = text.charCodeAt(offset);
    if (code === 0x22) return { offset: offset + 1, closed: true };
    if (code < 0x20) return { offset, closed: false };
    if (code === 0x5c) {
      const end = match(ESCAPE, text, offset);
      if (end === undefined) return { offset, closed: false };
      offset = end;
    } else {
      offset++;
    }
  }
  return { offset, closed: false };
}

function fault(text: string, offset: number, expected: string): JsonFault {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { offset, line, column: offset - before.lastIndexOf("\n"), expected };
}
