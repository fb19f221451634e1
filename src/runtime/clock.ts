// The only source of time. Deadlines and rates use `nowMs`, which no operator and no NTP can move.

/** Stops what was scheduled; calling it twice is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds, arbitrary origin. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; for display and logs only. */
  wallMs(): number;
  /** Runs `task` once after at least `delayMs`. Does not keep the process alive. */
  schedule(delayMs: number, task: () => void): Cancel;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
