// Attempts at one endpoint over the last 15 to 30 seconds, in two halves that take turns; and what came since the last round.
import type { SampledAttempts } from "../model/load.js";
import { LogHistogram } from "../stats/log-histogram.js";
import type { Attempt } from "./attempt.js";

const HALF_MS = 15_000;
/** Behind a percentile q there are at least so many numbers beyond it. */
const MIN_BEYOND = 3;

interface Half {
  readonly latencies: LogHistogram;
  attempts: number;
  unanswered: number;
}

/** Latency of the answers since the last round. */
export interface RoundLatency {
  readonly count: number;
  readonly sumMs: number;
}

export class AttemptWindow {
  #current = newHalf();
  #previous = newHalf();
  #turnedAtMs: number;
  #lastAtMs: number;
  #count = 0;
  #sumMs = 0;

  constructor(nowMs: number) {
    this.#turnedAtMs = nowMs;
    this.#lastAtMs = nowMs;
  }

  get lastAtMs(): number {
    return this.#lastAtMs;
  }

  record({ outcome, latencyMs }: Attempt, nowMs: number): void {
    this.#turn(nowMs);
    this.#lastAtMs = nowMs;
    this.#current.attempts += 1;
    if (outcome === "unanswered") this.#current.unanswered += 1;
    if (outcome !== "answered" || latencyMs === undefined) return; // fast failures must not look fast
    this.#current.latencies.add(latencyMs);
    this.#count += 1;
    this.#sumMs += latencyMs;
  }

  /** Hands out what came since it was called last. */
  takeRound(): RoundLatency {
    const round = { count: this.#count, sumMs: this.#sumMs };
    this.#count = 0;
    this.#sumMs = 0;
    return round;
  }

  /** undefined without any attempt. */
  summary(nowMs: number): SampledAttempts | undefined {
    this.#turn(nowMs);
    const attempts = this.#current.attempts + this.#previous.attempts;
    if (attempts === 0) return undefined;
    const latencies = new LogHistogram();
    latencies.merge(this.#current.latencies);
    latencies.merge(this.#previous.latencies);
    const quantile = (q: number) => (latencies.count * (1 - q) >= MIN_BEYOND ? latencies.quantile(q) : undefined);
    return {
      attempts,
      unanswered: this.#current.unanswered + this.#previous.unanswered,
      p50Ms: quantile(0.5),
      p90Ms: quantile(0.9),
      p99Ms: quantile(0.99),
    };
  }

  #turn(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#turnedAtMs) / HALF_MS);
    if (halves < 1) return;
    this.#previous = halves === 1 ? this.#current : newHalf();
    this.#current = newHalf();
    this.#turnedAtMs += halves * HALF_MS;
  }
}

function newHalf(): Half {
  return { latencies: new LogHistogram(), attempts: 0, unanswered: 0 };
}
