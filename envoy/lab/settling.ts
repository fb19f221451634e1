// How long the traffic took to move: the start of the first window of requests that satisfies a condition. Windows look
// forward and overlap, so a time is never better than what was really seen.
import type { RequestLog, RequestRecord } from "./request-log.js";

export interface SettlingQuestion {
  readonly target: string;
  /** When the cause happened. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Asked for every window that has requests. */
  readonly satisfied: (window: readonly RequestRecord[]) => boolean;
  /** Default 2,000. */
  readonly windowMs?: number;
  /** Default 250. */
  readonly stepMs?: number;
}

/** Seconds from `fromMs`; undefined when it did not happen before `toMs`. */
export function secondsUntil(log: RequestLog, question: SettlingQuestion): number | undefined {
  const { target, fromMs, toMs, satisfied, windowMs = 2_000, stepMs = 250 } = question;
  for (let startMs = fromMs; startMs + windowMs <= toMs; startMs += stepMs) {
    const window = log.between(target, startMs, startMs + windowMs);
    if (window.length > 0 && satisfied(window)) return (startMs - fromMs) / 1000;
  }
  return undefined;
}
