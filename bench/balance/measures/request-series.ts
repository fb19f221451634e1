// The requests of one contender as columns, and what a window of them says. Unfinished requests count with their age, and
// an error counts with its latency: nothing is left out of a quantile.
import { quantile } from "../../../envoy/lab/request-log.js";
import type { RequestRecords } from "../load/request-records.js";

export interface LoadSummary {
  readonly requests: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** 5xx and unanswered, 0..1; 0 without requests. */
  readonly errorRate: number;
}

const FIRST_ERROR_STATUS = 500;

export class RequestSeries {
  readonly #dueMs: number[] = [];
  readonly #latencyMs: number[] = [];
  readonly #failed: boolean[] = [];

  /** One per contender, by index. */
  static of(records: RequestRecords, contenders: number): readonly RequestSeries[] {
    const all = Array.from({ length: contenders }, () => new RequestSeries());
    for (let i = 0; i < records.length; i += 1) {
      const { contender, dueMs, latencyMs, status } = records.at(i);
      all[contender]?.add(dueMs, latencyMs, status === 0 || status >= FIRST_ERROR_STATUS);
    }
    return all;
  }

  add(dueMs: number, latencyMs: number, failed: boolean): void {
    this.#dueMs.push(dueMs);
    this.#latencyMs.push(latencyMs);
    this.#failed.push(failed);
  }

  get length(): number {
    return this.#dueMs.length;
  }

  /** Of the requests with fromMs <= due < toMs; quantiles are NaN when there are none. */
  summary(fromMs: number, toMs: number): LoadSummary {
    const latencies: number[] = [];
    let errors = 0;
    let sumMs = 0;
    for (let i = 0; i < this.#dueMs.length; i += 1) {
      const dueMs = this.#dueMs[i] ?? 0;
      if (dueMs < fromMs || dueMs >= toMs) continue;
      const latencyMs = this.#latencyMs[i] ?? 0;
      latencies.push(latencyMs);
      sumMs += latencyMs;
      if (this.#failed[i] === true) errors += 1;
    }
    const sorted = Float64Array.from(latencies).sort();
    const requests = sorted.length;
    return {
      requests,
      meanMs: requests === 0 ? Number.NaN : sumMs / requests,
      p50Ms: quantile(sorted, 0.5),
      p95Ms: quantile(sorted, 0.95),
      p99Ms: quantile(sorted, 0.99),
      p999Ms: quantile(sorted, 0.999),
      errorRate: requests === 0 ? 0 : errors / requests,
    };
  }

  /** Mean latency per step of time from 0 on; NaN where nothing was due. */
  meansPerStep(stepMs: number, untilMs: number): readonly number[] {
    const steps = Math.floor(untilMs / stepMs);
    const sums = new Float64Array(steps);
    const counts = new Float64Array(steps);
    for (let i = 0; i < this.#dueMs.length; i += 1) {
      const step = Math.floor((this.#dueMs[i] ?? 0) / stepMs);
      if (step >= steps) continue;
      sums[step] = (sums[step] ?? 0) + (this.#latencyMs[i] ?? 0);
      counts[step] = (counts[step] ?? 0) + 1;
    }
    return Array.from(sums, (sum, step) => sum / (counts[step] ?? 0));
  }
}
