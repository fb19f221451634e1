// What every store accepts in one commit. Keys are printable ASCII, so that all engines sort and prefix-match alike.
import { SteelyardError } from "../model/errors.js";
import type { Guard, Op, StateStore } from "./state-store.js";

const KEY_PATTERN = /^[\x21-\x7e]{1,512}$/;
const PREFIX_PATTERN = /^[\x21-\x7e]{0,512}$/;

type Caps = StateStore["caps"];

const refused = (message: string): SteelyardError => new SteelyardError("ERR_INVALID_REQUEST", message);

/** @throws SteelyardError ERR_INVALID_REQUEST when the commit is beyond `caps`, or names a key twice or malformed */
export function checkCommit(ops: readonly Op[], guards: readonly Guard[], caps: Caps): void {
  if (ops.length + guards.length > caps.maxOps) throw refused(`more than ${caps.maxOps} operations and guards`);
  const seen = new Set<string>();
  for (const op of ops) {
    if (!KEY_PATTERN.test(op.key)) throw refused("a key must be 1 to 512 printable ASCII characters");
    if (seen.has(op.key)) throw refused(`two operations on ${op.key}`);
    seen.add(op.key);
    if (op.type === "put" && op.value.byteLength > caps.maxValueBytes) {
      throw refused(`the value of ${op.key} exceeds ${caps.maxValueBytes} bytes`);
    }
  }
  for (const guard of guards) {
    if (!KEY_PATTERN.test(guard.key)) throw refused("a key must be 1 to 512 printable ASCII characters");
    if (!Number.isSafeInteger(guard.rev) || guard.rev < 0) throw refused("a guard's revision must be an integer >= 0");
  }
}

/** @throws SteelyardError ERR_INVALID_REQUEST */
export function checkPrefix(prefix: string): void {
  if (!PREFIX_PATTERN.test(prefix)) throw refused("a prefix must be up to 512 printable ASCII characters");
}

/** The same operations over private copies of the values: the caller may reuse its buffers at once. */
export function detachOps(ops: readonly Op[]): readonly Op[] {
  return ops.map((op) => (op.type === "put" ? { ...op, value: Uint8Array.from(op.value) } : op));
}
