// The deadline of an open round. Law: a deadline does not run while we could not hear. After a stall of the event loop
// timers fire before the queued reports are read, so a deadline that fires late waits once more.
import type { Cancel, Clock } from "../runtime/clock.js";

/** A timer that fires later than this after its time tells of a stall. */
const STALL_MS = 250;
const HEARING_MS = 100;

/** Runs `task` after `delayMs` of time in which reports could be heard. */
export function scheduleDeadline(clock: Clock, delayMs: number, task: () => void): Cancel {
  const dueMs = clock.nowMs() + delayMs;
  let cancel = clock.schedule(delayMs, () => {
    if (clock.nowMs() - dueMs < STALL_MS) task();
    else cancel = clock.schedule(HEARING_MS, task);
  });
  return () => cancel();
}
