import { describe, expect, test } from "@jest/globals";
import type { BackendSpec, BalanceRequest, RequestResult } from "../../../../src/balancers/load-balancer.js";
import { type Attempt, RetryBalancer, type RetryOptions } from "../../../../src/balancers/retry/retry-balancer.js";
import { RetryBudget } from "../../../../src/balancers/retry/retry-budget.js";
import { RoundRobinBalancer } from "../../../../src/balancers/round-robin/round-robin.js";
import { SteelyardError } from "../../../../src/model/errors.js";
import { ManualClock } from "../../../../src/runtime/manual-clock.js";
import { seededRng } from "../../../../src/runtime/rng.js";

const REQUEST: BalanceRequest = { id: "r" };

function backend(id: string, health: BackendSpec["health"] = "healthy"): BackendSpec {
  return { id, address: "10.0.0.1:80", weight: 1, health };
}

class RecordingBalancer extends RoundRobinBalancer {
  readonly results: RequestResult[] = [];
  override recordResult(result?: RequestResult): void {
    if (result) this.results.push(result);
  }
}

function setUp(backends: readonly BackendSpec[], options: Partial<RetryOptions> = {}) {
  const clock = new ManualClock();
  const inner = new RecordingBalancer();
  const retry = new RetryBalancer(backends, inner, { clock, rng: seededRng(1), ...options });
  return { clock, inner, retry };
}

const microtasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Moves the clock from one due task to the next until the promise settles. */
async function settle<T>(clock: ManualClock, promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  let result: PromiseSettledResult<T> | undefined;
  promise.then(
    (value) => (result = { status: "fulfilled", value }),
    (reason: unknown) => (result = { status: "rejected", reason }),
  );
  for (;;) {
    await microtasks();
    if (result !== undefined) return result;
    if (clock.pendingTasks === 0) throw new Error("nothing left that could settle it");
    clock.advance(1);
  }
}

function failureOf(result: PromiseSettledResult<unknown>): SteelyardError {
  if (result.status === "rejected" && result.reason instanceof SteelyardError) return result.reason;
  throw new Error(`not a SteelyardError: ${JSON.stringify(result)}`);
}

const causesOf = (error: SteelyardError): unknown[] =>
  error.cause instanceof AggregateError ? [...error.cause.errors] : [];

const failing = ({ backend: { id } }: Attempt): Promise<never> => Promise.reject(new Error(`${id} is down`));

describe("executeWithRetry", () => {
  test("the first answer is the answer", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b")]);
    const result = await settle(
      clock,
      retry.executeWithRetry(REQUEST, async (attempt) => {
        await new Promise<void>((resolve) => void clock.schedule(30, resolve));
        return `${attempt.number}:${attempt.backend.id}`;
      }),
    );
    expect(result).toEqual({ status: "fulfilled", value: "1:a" });
    expect(inner.results).toEqual([{ backendId: "a", success: true, latencyMs: 30 }]);
    expect(clock.pendingTasks).toBe(0);
  });

  test("every attempt goes to another backend, and is recorded", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b"), backend("c")]);
    const error = failureOf(await settle(clock, retry.executeWithRetry(REQUEST, failing)));
    expect(error.code).toBe("ERR_RETRIES_EXHAUSTED");
    expect(error.message).toBe("every attempt failed after 3 attempts (tried: a, b, c)");
    expect(causesOf(error).map(String)).toEqual(["Error: a is down", "Error: b is down", "Error: c is down"]);
    expect(inner.results.map(({ backendId, success }) => [backendId, success])).toEqual([
      ["a", false],
      ["b", false],
      ["c", false],
    ]);
  });

  test("the only backend is tried again", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b", "unhealthy")]);
    const value = await settle(
      clock,
      retry.executeWithRetry(REQUEST, (attempt) => (attempt.number < 3 ? failing(attempt) : Promise.resolve("late"))),
    );
    expect(value).toEqual({ status: "fulfilled", value: "late" });
    expect(inner.results.map(({ backendId }) => backendId)).toEqual(["a", "a", "a"]);
  });

  test("a synchronous throw is a failed attempt", async () => {
    const { clock, retry } = setUp([backend("a"), backend("b")]);
    const thrown = (attempt: Attempt): Promise<string> => {
      if (attempt.number === 1) throw new Error("at once");
      return Promise.resolve(attempt.backend.id);
    };
    expect(await settle(clock, retry.executeWithRetry(REQUEST, thrown))).toEqual({ status: "fulfilled", value: "b" });
  });

  test("an empty pool is waited for, and then has its own error", async () => {
    const { clock, retry } = setUp([backend("a", "unhealthy")]);
    const error = failureOf(await settle(clock, retry.executeWithRetry(REQUEST, failing)));
    expect([error.code, error.message]).toEqual(["ERR_NO_BACKEND", "no backend may take traffic after 3 attempts"]);
    const later = retry.executeWithRetry(REQUEST, async ({ backend: { id } }) => id);
    retry.updateBackends([backend("a")]);
    expect(await settle(clock, later)).toEqual({ status: "fulfilled", value: "a" });
  });

  test("what is not retryable reaches the caller as it is", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b")], {
      isRetryable: (error) => !(error instanceof RangeError),
    });
    const reason = new RangeError("no such order");
    const result = await settle(
      clock,
      retry.executeWithRetry(REQUEST, () => Promise.reject(reason)),
    );
    expect(result).toEqual({ status: "rejected", reason });
    expect(inner.results).toHaveLength(1);
  });

  test("a spent budget ends it after the attempt that failed", async () => {
    const clock = new ManualClock();
    const budget = new RetryBudget({ clock, ratio: 0, minRetriesPerS: 0, maxTokens: 1 });
    const { retry } = setUp([backend("a"), backend("b"), backend("c")], { clock, budget });
    const error = failureOf(await settle(clock, retry.executeWithRetry(REQUEST, failing)));
    expect([error.code, causesOf(error).length]).toEqual(["ERR_RETRY_BUDGET_SPENT", 2]);
  });

  test("an attempt that hangs ends at its timeout, with its signal aborted, and another backend answers", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b")], { attemptTimeoutMs: 40 });
    let signal: AbortSignal | undefined;
    const result = await settle(
      clock,
      retry.executeWithRetry(REQUEST, (attempt) => {
        if (attempt.number > 1) return Promise.resolve(attempt.backend.id);
        signal = attempt.signal;
        return new Promise<string>(() => undefined);
      }),
    );
    expect(result).toEqual({ status: "fulfilled", value: "b" });
    expect(signal?.reason).toMatchObject({ code: "ERR_DEADLINE_EXCEEDED", message: "a: no answer within 40 ms" });
    expect(inner.results[0]).toEqual({ backendId: "a", success: false, latencyMs: 40 });
    expect(clock.pendingTasks).toBe(0);
  });

  test("nothing goes on beyond the deadline, neither an attempt nor a delay", async () => {
    const hanging = setUp([backend("a"), backend("b")], { deadlineMs: 50 });
    const never = hanging.retry.executeWithRetry(REQUEST, () => new Promise<string>(() => undefined));
    const error = failureOf(await settle(hanging.clock, never));
    expect([error.code, hanging.clock.nowMs(), causesOf(error).length]).toEqual(["ERR_DEADLINE_EXCEEDED", 50, 1]);
    expect(hanging.inner.results).toEqual([{ backendId: "a", success: false, latencyMs: 50 }]);

    const delayed = setUp([backend("a"), backend("b")], {
      deadlineMs: 50,
      backOff: { jitter: "decorrelated", baseMs: 100, maxMs: 100 },
    });
    const late = failureOf(await settle(delayed.clock, delayed.retry.executeWithRetry(REQUEST, failing)));
    expect([late.code, delayed.clock.nowMs()]).toEqual(["ERR_DEADLINE_EXCEEDED", 0]);
  });

  test("a caller who goes away ends it with his own reason, and no backend is blamed", async () => {
    const { clock, inner, retry } = setUp([backend("a"), backend("b")]);
    const caller = new AbortController();
    const result = retry.executeWithRetry(REQUEST, () => new Promise<string>(() => undefined), caller.signal);
    clock.schedule(10, () => caller.abort(new Error("gone")));
    expect(await settle(clock, result)).toEqual({ status: "rejected", reason: new Error("gone") });
    expect(inner.results).toEqual([{ backendId: "a", success: true, latencyMs: Number.NaN }]);
    expect(clock.pendingTasks).toBe(0);
    await expect(retry.executeWithRetry(REQUEST, failing, caller.signal)).rejects.toThrow("gone");
    expect(inner.results).toHaveLength(1);
  });

  test("a caller who goes away during a delay is not kept waiting", async () => {
    const { clock, retry } = setUp([backend("a"), backend("b")], {
      backOff: { jitter: "decorrelated", baseMs: 1_000, maxMs: 1_000 },
    });
    const caller = new AbortController();
    const result = retry.executeWithRetry(REQUEST, failing, caller.signal);
    clock.schedule(10, () => caller.abort(new Error("gone")));
    expect(await settle(clock, result)).toEqual({ status: "rejected", reason: new Error("gone") });
    expect([clock.nowMs(), clock.pendingTasks]).toEqual([10, 0]);
  });
});
