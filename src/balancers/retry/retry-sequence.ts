// The attempts of one request as decisions without time or I/O of their own: whom to ask, whether to go on, after which
// delay. `RetryBalancer` runs them on promises, the complete example on virtual time.
// Invariant: whatever ends a sequence without an answer is a SteelyardError that holds the errors of all attempts.
import { type ErrorCode, SteelyardError } from "../../model/errors.js";
import type { BackendSpec } from "../load-balancer.js";
import type { BackOff } from "./back-off.js";
import type { RetryBudget } from "./retry-budget.js";

export interface RetrySequenceOptions {
  /** Attempts in all, >= 1. */
  readonly maxAttempts: number;
  readonly backOff: BackOff;
  readonly budget: RetryBudget;
  /** On the clock of `nowMs` below. */
  readonly deadlineAtMs: number;
  readonly isRetryable: (error: unknown) => boolean;
  readonly select: (tried: ReadonlySet<string>) => BackendSpec | undefined;
}

export type RetryDecision =
  | { readonly kind: "wait"; readonly delayMs: number }
  /** `error` is what the caller gets. */
  | { readonly kind: "stop"; readonly error: unknown };

export class RetrySequence {
  readonly #options: RetrySequenceOptions;
  readonly #tried = new Set<string>();
  readonly #errors: unknown[] = [];
  #attempts = 0;

  constructor(options: RetrySequenceOptions) {
    this.#options = options;
    options.budget.onRequest();
  }

  get deadlineAtMs(): number {
    return this.#options.deadlineAtMs;
  }

  /** Number of the attempt that `select` began last, from 1. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Begins an attempt. undefined = nobody is selectable, to be told to `unavailable`. */
  select(): BackendSpec | undefined {
    this.#attempts += 1;
    const backend = this.#options.select(this.#tried);
    if (backend !== undefined) this.#tried.add(backend.id);
    return backend;
  }

  /** An empty pool may fill again within a back-off. Waiting for it loads nobody, so it needs no budget. */
  unavailable(nowMs: number): RetryDecision {
    return this.#next(nowMs, () => true);
  }

  failed(error: unknown, nowMs: number): RetryDecision {
    this.#errors.push(error);
    if (nowMs >= this.#options.deadlineAtMs) return { kind: "stop", error: this.#outOfTime() };
    if (!this.#options.isRetryable(error)) return { kind: "stop", error };
    return this.#next(nowMs, () => this.#options.budget.tryRetry());
  }

  /** The budget comes last: a token is taken only for a retry that really follows. */
  #next(nowMs: number, mayRetry: () => boolean): RetryDecision {
    const { maxAttempts, backOff, deadlineAtMs } = this.#options;
    if (this.#attempts >= maxAttempts) return { kind: "stop", error: this.#exhausted() };
    const delayMs = backOff.nextMs();
    if (nowMs + delayMs >= deadlineAtMs) return { kind: "stop", error: this.#outOfTime() };
    if (!mayRetry()) return { kind: "stop", error: this.#failure("ERR_RETRY_BUDGET_SPENT", "retry budget spent") };
    return { kind: "wait", delayMs };
  }

  #outOfTime(): SteelyardError {
    return this.#failure("ERR_DEADLINE_EXCEEDED", "no time left");
  }

  #exhausted(): SteelyardError {
    return this.#tried.size === 0
      ? this.#failure("ERR_NO_BACKEND", "no backend may take traffic")
      : this.#failure("ERR_RETRIES_EXHAUSTED", "every attempt failed");
  }

  #failure(code: ErrorCode, what: string): SteelyardError {
    const tried = this.#tried.size === 0 ? "" : ` (tried: ${[...this.#tried].join(", ")})`;
    const message = `${what} after ${this.#attempts} ${this.#attempts === 1 ? "attempt" : "attempts"}${tried}`;
    if (this.#errors.length === 0) return new SteelyardError(code, message);
    return new SteelyardError(code, message, { cause: new AggregateError(this.#errors, message) });
  }
}
