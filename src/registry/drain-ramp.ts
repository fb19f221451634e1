// The way down of an instance that drains in steps: its share shrinks before it ends, so that the others warm up to what they
// take over. Few steps, because each is told to every proxy. Invariant: only memory knows of a ramp; after a restart the
// instance takes no new requests, for its drain began a while ago.

const STEPS = 4;

export interface DrainRamp {
  /** Monotonic milliseconds. */
  readonly startedAtMs: number;
  /** > 0 */
  readonly rampMs: number;
}

/** Part of the share that is left: 0.8, 0.6, 0.4, 0.2 for a quarter of the time each, then 0. */
export function leftOf({ startedAtMs, rampMs }: DrainRamp, nowMs: number): number {
  const step = Math.floor((STEPS * Math.max(0, nowMs - startedAtMs)) / rampMs);
  return Math.max(0, STEPS - step) / (STEPS + 1);
}
