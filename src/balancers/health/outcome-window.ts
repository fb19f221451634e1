// Successes and failures of the last while, counted exactly in buckets. Not an average that decays: there a tight burst
// of failures gives each of them almost no weight, and a total outage can look like a small one (linkerd's experience).

export interface OutcomeWindowOptions {
  /** Length of the window, milliseconds, > 0. */
  readonly windowMs: number;
  /** Steps in which old results fall out, integer >= 1. */
  readonly buckets: number;
}

export class OutcomeWindow {
  readonly #bucketMs: number;
  readonly #successes: Uint32Array;
  readonly #failures: Uint32Array;
  /** Number of the newest bucket since the origin of the clock. */
  #newest = -Infinity;
  #requestCount = 0;
  #failureCount = 0;

  constructor({ windowMs, buckets }: OutcomeWindowOptions) {
    this.#bucketMs = windowMs / buckets;
    this.#successes = new Uint32Array(buckets);
    this.#failures = new Uint32Array(buckets);
  }

  /** As of the last `record` or `advance`. */
  get requests(): number {
    return this.#requestCount;
  }

  get failures(): number {
    return this.#failureCount;
  }

  /** 0..1; 0 for an empty window. */
  get failureRate(): number {
    return this.#requestCount === 0 ? 0 : this.#failureCount / this.#requestCount;
  }

  record(success: boolean, nowMs: number): void {
    this.advance(nowMs);
    const counts = success ? this.#successes : this.#failures;
    const at = this.#newest % counts.length;
    counts[at] = (counts[at] ?? 0) + 1;
    this.#requestCount += 1;
    if (!success) this.#failureCount += 1;
  }

  /** Lets fall out what is older than the window. A clock that runs backwards is taken to stand still. */
  advance(nowMs: number): void {
    const bucket = Math.max(0, Math.floor(nowMs / this.#bucketMs));
    const length = this.#failures.length;
    for (let next = Math.max(0, this.#newest + 1, bucket - length + 1); next <= bucket; next++)
      this.#empty(next % length);
    this.#newest = Math.max(this.#newest, bucket);
  }

  clear(): void {
    for (let at = 0; at < this.#failures.length; at++) this.#empty(at);
  }

  #empty(at: number): void {
    const failures = this.#failures[at] ?? 0;
    this.#requestCount -= failures + (this.#successes[at] ?? 0);
    this.#failureCount -= failures;
    this.#failures[at] = 0;
    this.#successes[at] = 0;
  }
}
