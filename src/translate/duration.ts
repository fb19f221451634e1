// google.protobuf.Duration from milliseconds.
import type { Duration } from "../gen/google/protobuf/duration.js";

/** `ms` >= 0, any fraction below a nanosecond is dropped. */
export function durationOf(ms: number): Duration {
  const seconds = Math.trunc(ms / 1_000);
  return { seconds: BigInt(seconds), nanos: Math.trunc((ms - seconds * 1_000) * 1_000_000) };
}
