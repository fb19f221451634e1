// What a user would have to write: a value without what the schema puts in by itself. For files, so that a difference
// shows what somebody decided, and a newer server's defaults take effect when the file is applied to it.
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";

/** As it is when the schema does not take it: a newer server may know more. */
export function minimalForm(schema: z.ZodType, value: unknown): unknown {
  const whole = schema.safeParse(value);
  if (!whole.success) return value;
  const root = { value: structuredClone(value) };
  const isSame = (): boolean => {
    const parsed = schema.safeParse(root.value);
    return parsed.success && isDeepStrictEqual(parsed.data, whole.data);
  };
  strip(root.value, isSame);
  return root.value;
}

/** Leaves out each field without which the whole still says the same, the outer ones first. */
function strip(node: unknown, isSame: () => boolean): void {
  if (Array.isArray(node)) for (const item of node) strip(item, isSame);
  else if (isFields(node)) {
    for (const key of Object.keys(node)) {
      const held = node[key];
      delete node[key];
      if (isSame()) continue;
      node[key] = held;
      strip(held, isSame);
    }
  }
}

function isFields(node: unknown): node is Record<string, unknown> {
  return typeof node === "object" && node !== null;
}
