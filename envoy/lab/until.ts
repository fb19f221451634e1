// Waiting for a condition with a deadline, so that nothing here ever waits for a fixed time and hopes.
import { setTimeout as sleep } from "node:timers/promises";

export interface UntilOptions {
  /** Named in the error: "Envoy is ready". */
  readonly what: string;
  /** Milliseconds; default 10,000. */
  readonly deadlineMs?: number;
  /** Milliseconds between two looks; default 50. */
  readonly everyMs?: number;
  /** Gives up at once, with the same error. */
  readonly signal?: AbortSignal;
}

/**
 * The first value of `look` that is not undefined. A look that throws counts as "not yet"; its message ends up in the error.
 * @throws Error when the deadline passes
 */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, options: UntilOptions): Promise<T> {
  const { what, deadlineMs = 10_000, everyMs = 50, signal } = options;
  const startMs = performance.now();
  let lastFailure = "";
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined) return value;
      lastFailure = "";
    } catch (error) {
      lastFailure = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    const over = performance.now() - startMs > deadlineMs || signal?.aborted === true;
    if (over) throw new Error(`not within ${deadlineMs} ms: ${what}${lastFailure}`);
    await sleep(everyMs);
  }
}
