// What is counted about the requests that arrived in one window of time.
import type { Window } from "../simulation-plan.js";
import { LatencyHistogram } from "./latency-histogram.js";

export interface WindowResult {
  readonly name: string;
  /** Seconds from the start of the simulation. */
  readonly fromS: number;
  readonly toS: number;
  readonly requests: number;
  readonly meanMs: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly p999Ms: number | undefined;
  /** Requests that failed (4xx, 5xx, timeout) over all, 0..1. */
  readonly errorRate: number;
  /** Successful answers per second. */
  readonly goodputRps: number;
  /** Requests without an answer when the simulation ended; their age counts as their latency. */
  readonly unfinished: number;
}

export class WindowRecord {
  readonly window: Window;
  readonly #latency = new LatencyHistogram();
  #errors = 0;
  #unfinished = 0;
  /** How many runs are in it. */
  #runs = 1;

  constructor(window: Window) {
    this.window = window;
  }

  holds(atMs: number): boolean {
    return atMs >= this.window.fromMs && atMs < this.window.toMs;
  }

  ended(latencyMs: number, failed: boolean): void {
    this.#latency.record(latencyMs);
    if (failed) this.#errors += 1;
  }

  stillOpen(ageMs: number): void {
    this.#latency.record(ageMs);
    this.#unfinished += 1;
  }

  /** Several runs as one: latencies together, rates per run. */
  static pooled(window: Window, runs: readonly WindowRecord[]): WindowRecord {
    const pool = new WindowRecord(window);
    pool.#runs = Math.max(1, runs.length);
    for (const run of runs) {
      pool.#latency.merge(run.#latency);
      pool.#errors += run.#errors;
      pool.#unfinished += run.#unfinished;
    }
    return pool;
  }

  result(): WindowResult {
    const { name, fromMs, toMs } = this.window;
    const requests = this.#latency.count;
    const good = requests - this.#errors - this.#unfinished;
    return {
      name,
      fromS: fromMs / 1000,
      toS: toMs / 1000,
      requests,
      meanMs: this.#latency.meanMs,
      p50Ms: this.#latency.quantile(0.5),
      p95Ms: this.#latency.quantile(0.95),
      p99Ms: this.#latency.quantile(0.99),
      p999Ms: this.#latency.quantile(0.999),
      errorRate: requests === 0 ? 0 : this.#errors / requests,
      goodputRps: (1000 * good) / (toMs - fromMs) / this.#runs,
      unfinished: this.#unfinished,
    };
  }
}
