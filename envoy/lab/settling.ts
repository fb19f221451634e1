// How long the traffic of one backend took to move: the start of the first window in which its share satisfies a
// condition. Windows look forward and overlap, so a time is never better than what was really seen.
import { type RequestLog, trafficShare } from "./request-log.js";

export interface SettlingQuestion {
  readonly target: string;
  readonly backend: string;
  /** When the cause happened. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly satisfied: (share: number) => boolean;
  /** Default 2,000. */
  readonly windowMs?: number;
  /** Default 250. */
  readonly stepMs?: number;
}

/** Seconds from `fromMs`; undefined when it never happened before `toMs`. */
export function secondsUntilShare(log: RequestLog, question: SettlingQuestion): number | undefined {
  const { target, backend, fromMs, toMs, satisfied, windowMs = 2_000, stepMs = 250 } = question;
  for (let startMs = fromMs; startMs + windowMs <= toMs; startMs += stepMs) {
    const records = log.between(target, startMs, startMs + windowMs);
    if (records.length > 0 && satisfied(trafficShare(records, backend))) return (startMs - fromMs) / 1000;
  }
  return undefined;
}
