// Runs a request on a backend, and on another one when that fails: bounded in attempts, time and, over all requests, by a
// budget. It is a LoadBalancer too, so that it can stand wherever the balancer inside it stood.
// Every attempt is recorded in that balancer exactly once, whatever ends it.
import { SteelyardError } from "../../model/errors.js";
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { Excluding } from "../excluding.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { abortable } from "./abortable.js";
import { BackOff, type BackOffSettings, DEFAULT_BACK_OFF } from "./back-off.js";
import { RetryBudget } from "./retry-budget.js";
import { RetrySequence } from "./retry-sequence.js";

export interface RetryOptions {
  /** Must keep the process alive while it waits, if nothing else does. */
  readonly clock: Clock;
  readonly rng: Rng;
  /** Attempts in all, >= 1. Default 3. */
  readonly maxAttempts?: number;
  /** Milliseconds for all attempts and delays together, > 0. Default 15,000. */
  readonly deadlineMs?: number;
  /** Milliseconds for one attempt, > 0. Default: only the deadline counts. */
  readonly attemptTimeoutMs?: number;
  readonly backOff?: BackOffSettings;
  /** Default: a budget of its own, with the defaults of `RetryBudget`. */
  readonly budget?: RetryBudget;
  /** Which errors another backend may mend. Default: all. The others reach the caller as they are. */
  readonly isRetryable?: (error: unknown) => boolean;
}

export interface Attempt {
  readonly backend: BackendSpec;
  /** From 1. */
  readonly number: number;
  /** Aborted at the attempt's timeout, at the deadline, and with the caller's signal. */
  readonly signal: AbortSignal;
}

export class RetryBalancer implements LoadBalancer {
  readonly name = "retry";
  readonly #inner: Excluding;
  readonly #options: RetryOptions;
  readonly #budget: RetryBudget;

  /**
   * @param backends given on to `balancer`, whose list is from now on this object's to set
   * @throws SteelyardError ERR_INVALID_BACKENDS
   */
  constructor(backends: readonly BackendSpec[], balancer: LoadBalancer, options: RetryOptions) {
    this.#inner = new Excluding(balancer);
    this.#inner.updateBackends(backends);
    this.#options = options;
    this.#budget = options.budget ?? new RetryBudget({ clock: options.clock });
  }

  select(request: BalanceRequest): BackendSpec | undefined {
    return this.#inner.select(request);
  }

  selectExcept(request: BalanceRequest, excluded: ReadonlySet<string>): BackendSpec | undefined {
    return this.#inner.select(request, excluded);
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#inner.updateBackends(backends);
  }

  recordResult(result: RequestResult): void {
    this.#inner.balancer.recordResult(result);
  }

  /** The decisions for one request, which begins now; for callers that run attempts and record results themselves. */
  sequence(request: BalanceRequest): RetrySequence {
    const { clock, rng, maxAttempts = 3, deadlineMs = 15_000, backOff, isRetryable = () => true } = this.#options;
    return new RetrySequence({
      maxAttempts,
      backOff: new BackOff(backOff ?? DEFAULT_BACK_OFF, rng),
      budget: this.#budget,
      deadlineAtMs: clock.nowMs() + deadlineMs,
      isRetryable,
      // One that was tried already is better than nobody.
      select: (tried) => this.#inner.select(request, tried) ?? this.#inner.select(request),
    });
  }

  /**
   * @param run one attempt; it should end when its signal aborts, but is not waited for
   * @param signal the caller's; its reason is thrown when it aborts, and the attempt in flight counts as no failure
   * @returns what the first successful attempt returned
   * @throws SteelyardError ERR_NO_BACKEND, ERR_RETRIES_EXHAUSTED, ERR_RETRY_BUDGET_SPENT, ERR_DEADLINE_EXCEEDED; `cause`
   * is then an AggregateError with the error of each attempt. What is not retryable is thrown as it is.
   */
  async executeWithRetry<T>(
    request: BalanceRequest,
    run: (attempt: Attempt) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    signal?.throwIfAborted();
    const { clock } = this.#options;
    const sequence = this.sequence(request);
    for (;;) {
      const backend = sequence.select();
      const outcome = backend && (await this.#attempt(backend, sequence, run, signal));
      if (outcome?.success) return outcome.value;
      signal?.throwIfAborted();
      const nowMs = clock.nowMs();
      const next = outcome === undefined ? sequence.unavailable(nowMs) : sequence.failed(outcome.error, nowMs);
      if (next.kind === "stop") throw next.error;
      await this.#delay(next.delayMs, signal);
    }
  }

  async #attempt<T>(
    backend: BackendSpec,
    { attempts, deadlineAtMs }: RetrySequence,
    run: (attempt: Attempt) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<{ success: true; value: T } | { success: false; error: unknown }> {
    const { clock, attemptTimeoutMs = Infinity } = this.#options;
    const startedMs = clock.nowMs();
    const timeoutMs = Math.min(attemptTimeoutMs, deadlineAtMs - startedMs);
    const ended = abortable(signal);
    const stopTimer = clock.schedule(timeoutMs, () =>
      ended.abort(new SteelyardError("ERR_DEADLINE_EXCEEDED", `${backend.id}: no answer within ${timeoutMs} ms`)),
    );
    const record = (success: boolean, latencyMs: number): void =>
      this.#inner.balancer.recordResult({ backendId: backend.id, success, latencyMs });
    try {
      const value = await Promise.race([
        ended.aborted,
        startOf(run, { backend, number: attempts, signal: ended.signal }),
      ]);
      record(true, clock.nowMs() - startedMs);
      return { success: true, value };
    } catch (error) {
      // A caller who goes away says nothing about the backend: finished, no failure, no latency.
      if (signal?.aborted) record(true, Number.NaN);
      else record(false, clock.nowMs() - startedMs);
      return { success: false, error };
    } finally {
      stopTimer();
      ended.release();
    }
  }

  async #delay(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const ended = abortable(signal);
    let cancel = (): void => undefined;
    const waited = new Promise<void>((resolve) => {
      cancel = this.#options.clock.schedule(delayMs, resolve);
    });
    try {
      await Promise.race([waited, ended.aborted]);
    } finally {
      cancel();
      ended.release();
    }
  }
}

/** A synchronous throw is a failed attempt like any other. */
async function startOf<T>(run: (attempt: Attempt) => Promise<T>, attempt: Attempt): Promise<T> {
  return run(attempt);
}
