// What became of every request, by the time it was due. Late and unfinished ones count with their age: a load generator
// that waits for answers before it sends the next request would hide exactly the stalls it should show.

export interface RequestRecord {
  readonly target: string;
  /** Milliseconds on the generator's wall-clock time line. */
  readonly dueMs: number;
  /** From the due time to the last byte; for unfinished ones their age. */
  readonly latencyMs: number;
  /** HTTP status; 0 = no answer (connection failed, timed out, or unfinished). */
  readonly status: number;
  /** `x-backend` of the answer; "" without one. */
  readonly backend: string;
}

export interface LoadSummary {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errors: number;
  /** errors / requests, 0..1; 0 without requests. */
  readonly errorRate: number;
}

export const isError = (record: RequestRecord): boolean => record.status === 0 || record.status >= 500;

const BUCKET_MS = 250;

/** Records by due time. Memory is bounded by `forgetBefore`. */
export class RequestLog {
  readonly #buckets = new Map<number, RequestRecord[]>();

  add(records: Iterable<RequestRecord>): void {
    for (const record of records) {
      const key = Math.floor(record.dueMs / BUCKET_MS);
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) this.#buckets.set(key, [record]);
      else bucket.push(record);
    }
  }

  /** Records of `target` with fromMs <= due < toMs. */
  between(target: string, fromMs: number, toMs: number): readonly RequestRecord[] {
    const found: RequestRecord[] = [];
    for (const [key, records] of this.#buckets) {
      if ((key + 1) * BUCKET_MS <= fromMs || key * BUCKET_MS >= toMs) continue;
      for (const record of records) {
        if (record.target === target && record.dueMs >= fromMs && record.dueMs < toMs) found.push(record);
      }
    }
    return found;
  }

  forgetBefore(ms: number): void {
    for (const key of this.#buckets.keys()) if ((key + 1) * BUCKET_MS <= ms) this.#buckets.delete(key);
  }
}

export function summarise(records: readonly RequestRecord[]): LoadSummary {
  const latencies = Float64Array.from(records, (record) => record.latencyMs).sort();
  const errors = records.filter(isError).length;
  return {
    requests: records.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    errors,
    errorRate: records.length === 0 ? 0 : errors / records.length,
  };
}

/** Nearest rank on sorted values; NaN without any. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

/** Records by the backend that answered. */
export function byBackend(records: readonly RequestRecord[]): ReadonlyMap<string, readonly RequestRecord[]> {
  const groups = new Map<string, RequestRecord[]>();
  for (const record of records) {
    const group = groups.get(record.backend);
    if (group === undefined) groups.set(record.backend, [record]);
    else group.push(record);
  }
  return groups;
}

/** Fraction of the answered requests that `backend` answered, 0..1; 0 without any. */
export function trafficShare(records: readonly RequestRecord[], backend: string): number {
  let answered = 0;
  let own = 0;
  for (const record of records) {
    if (record.backend === "") continue;
    answered += 1;
    if (record.backend === backend) own += 1;
  }
  return answered === 0 ? 0 : own / answered;
}
