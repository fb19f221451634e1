// The seed document's complete example: the same stream of requests through every algorithm. It runs on virtual time: a
// request arrives every 10 ms and takes 10..109 ms, so about six are in flight at any moment and counting them matters.
// Invariant: every request, its latency and whether it fails are drawn before any balancer sees it, so that the seed
// alone decides them and all algorithms meet the same stream.

import { ManualClock } from "../../runtime/manual-clock.js";
import { type Rng, seededRng } from "../../runtime/rng.js";
import type { BackendSpec, BalanceRequest, Priority } from "../load-balancer.js";
import type { Attempts, ExampleAlgorithm } from "./algorithms.js";

export interface ExampleSettings {
  /** Number of requests, >= 1. */
  readonly requests: number;
  /** 0..2^32-1 */
  readonly seed: number;
  /** Different client ids and route keys, >= 1 each. */
  readonly clients: number;
  readonly keys: number;
  /** Part of the attempts that fail, 0..1. */
  readonly failureRate: number;
}

export interface Outcome {
  readonly success: boolean;
  /** Milliseconds, 10..109 as drawn. */
  readonly latencyMs: number;
}

export interface ExampleHooks {
  /** What really happens where a backend is not like the others; default: what was drawn. */
  readonly outcomeAt?: (backend: BackendSpec, drawn: Outcome) => Outcome;
  readonly onSelected?: (request: BalanceRequest, backend: BackendSpec) => void;
}

export interface ExampleResult {
  readonly algorithm: string;
  /** Requests by the backend of their last attempt; every backend is listed. */
  readonly distribution: Readonly<Record<string, number>>;
  /** Requests for which nobody was selectable. */
  readonly unserved: number;
  /** Requests whose last attempt failed. */
  readonly failed: number;
  /** More than the requests only where they are retried. */
  readonly attempts: number;
}

const ARRIVAL_MS = 10;
/** Two requests of ten are of high priority, two of low. */
const PRIORITIES: readonly Priority[] = ["high", "normal", "normal", "normal", "low"];
/** Outcomes drawn per request: as many as the retry balancer makes attempts by default. */
const DRAWN_OUTCOMES = 3;

/** `count` backends with weights 10, 20, 30, ... @param count 1..6553 */
export function exampleBackends(count: number): BackendSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `backend-${i + 1}`,
    address: `127.0.0.1:${8_001 + i}`,
    weight: 10 * (i + 1),
    health: "healthy",
  }));
}

/** Same settings, same result. */
export function runExample(
  algorithm: ExampleAlgorithm,
  backends: readonly BackendSpec[],
  settings: ExampleSettings,
  hooks: ExampleHooks = {},
): ExampleResult {
  return new ExampleRun(algorithm, backends, settings, hooks).run();
}

class ExampleRun {
  readonly #clock = new ManualClock();
  readonly #settings: ExampleSettings;
  readonly #hooks: ExampleHooks;
  readonly #name: string;
  readonly #instance: ReturnType<ExampleAlgorithm["make"]>;
  readonly #outcomes: Rng;
  readonly #distribution: Map<string, number>;
  readonly #inFlight = new Map<string, number>();
  #unserved = 0;
  #failed = 0;
  #attempts = 0;

  constructor(
    { name, make }: ExampleAlgorithm,
    backends: readonly BackendSpec[],
    settings: ExampleSettings,
    hooks: ExampleHooks,
  ) {
    this.#settings = settings;
    this.#hooks = hooks;
    this.#name = name;
    this.#outcomes = seededRng(settings.seed);
    this.#distribution = new Map(backends.map(({ id }) => [id, 0]));
    this.#instance = make(backends, {
      clock: this.#clock,
      rng: seededRng(settings.seed ^ 0x5eed),
      // All backends are equally fast here, so what a backend knows about itself is how many requests it holds.
      probe: ({ id }) => ({ backendId: id, inFlight: this.#inFlight.get(id) ?? 0, latencyMs: 60 }),
    });
  }

  run(): ExampleResult {
    this.#arrive(0);
    while (this.#clock.pendingTasks > 0) this.#clock.advance(ARRIVAL_MS);
    return {
      algorithm: this.#name,
      distribution: Object.fromEntries(this.#distribution),
      unserved: this.#unserved,
      failed: this.#failed,
      attempts: this.#attempts,
    };
  }

  #arrive(index: number): void {
    const { requests, clients, keys } = this.#settings;
    const { begin, balancer, secondHalf } = this.#instance;
    if (secondHalf !== undefined && index === Math.ceil(requests / 2)) balancer.updateBackends(secondHalf);
    const request: BalanceRequest = {
      id: `req-${index}`,
      clientId: `client-${index % clients}`,
      routeKey: `key-${index % keys}`,
      priority: PRIORITIES[index % PRIORITIES.length] ?? "normal",
    };
    const outcomes = Array.from({ length: DRAWN_OUTCOMES }, () => this.#draw());
    if (index + 1 < requests) this.#clock.schedule(ARRIVAL_MS, () => this.#arrive(index + 1));
    this.#attempt(request, begin(request), outcomes);
  }

  #draw(): Outcome {
    const latencyMs = 10 + Math.floor(this.#outcomes.next() * 100);
    return { latencyMs, success: this.#outcomes.next() >= this.#settings.failureRate };
  }

  /** @param outcomes of this attempt and the later ones; the last one counts for all beyond */
  #attempt(request: BalanceRequest, attempts: Attempts, outcomes: readonly Outcome[]): void {
    const [drawn, ...later] = outcomes;
    const again = (delayMs: number): void => {
      this.#clock.schedule(delayMs, () => this.#attempt(request, attempts, later.length > 0 ? later : outcomes));
    };
    const backend = attempts.select();
    if (backend === undefined || drawn === undefined) {
      const next = attempts.unavailable(this.#clock.nowMs());
      if (next.kind === "wait") again(next.delayMs);
      else this.#unserved += 1;
      return;
    }
    this.#attempts += 1;
    this.#hooks.onSelected?.(request, backend);
    const { latencyMs, success } = this.#hooks.outcomeAt?.(backend, drawn) ?? drawn;
    this.#count(backend, 1);
    this.#clock.schedule(latencyMs, () => {
      this.#count(backend, -1);
      this.#instance.balancer.recordResult({ backendId: backend.id, success, latencyMs });
      const next = success ? undefined : attempts.failed(`${backend.id} failed`, this.#clock.nowMs());
      if (next?.kind === "wait") again(next.delayMs);
      else this.#answer(backend, success);
    });
  }

  #answer({ id }: BackendSpec, success: boolean): void {
    if (!success) this.#failed += 1;
    this.#distribution.set(id, (this.#distribution.get(id) ?? 0) + 1);
  }

  #count({ id }: BackendSpec, by: 1 | -1): void {
    this.#inFlight.set(id, (this.#inFlight.get(id) ?? 0) + by);
  }
}
