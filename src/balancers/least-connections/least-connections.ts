// Fewest requests in flight per unit of weight wins; ties are drawn in proportion to weights. Counts run from `select`
// to `recordResult`, or over a `using` guard, and are never negative. O(log n) per pick over an indexed heap.
//
// Ties are a race of exponential clocks: each backend's next tick comes after an exponential time with its weight as
// rate, and the earliest wins. So a fleet without load is drawn at random by weight, with no scan over those that tie.
import type { Rng } from "../../runtime/rng.js";
import { IndexedHeap } from "../../stats/indexed-heap.js";
import { effectiveWeight } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { type Member, Roster } from "../roster.js";

export interface LeastConnectionsOptions {
  readonly rng: Rng;
}

interface Connections {
  active: number;
}

export class LeastConnectionsBalancer implements LoadBalancer {
  readonly name = "least-connections";
  readonly #rng: Rng;
  readonly #roster = new Roster<Connections>(() => ({ active: 0 }));
  #heap = new IndexedHeap(0);
  /** Effective weight per slot of the heap. */
  #weights = new Float64Array(0);
  /** Tick of the latest winner, on the clock of the race. */
  #raceTime = 0;

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: LeastConnectionsOptions) {
    this.#rng = options.rng;
    this.updateBackends(backends);
  }

  /** Counts one more request in flight, until `recordResult` for the backend. */
  select(_request: BalanceRequest): BackendSpec | undefined {
    return this.#acquire()?.spec;
  }

  /**
   * Runs `run` on the selected backend with its count held up, and lets go when `run` returns, throws, or its promise
   * settles either way. The result must not be recorded again. undefined, without a call of `run`, when no backend may
   * take traffic.
   */
  using<T>(request: BalanceRequest, run: (backend: BackendSpec) => Promise<T>): Promise<T> | undefined;
  using<T>(request: BalanceRequest, run: (backend: BackendSpec) => T): T | undefined;
  using<T>(_request: BalanceRequest, run: (backend: BackendSpec) => T): T | Promise<unknown> | undefined {
    const member = this.#acquire();
    if (member === undefined) return undefined;
    let settlesLater = false;
    try {
      const outcome = run(member.spec);
      if (!isThenable(outcome)) return outcome;
      settlesLater = true;
      return Promise.resolve(outcome).finally(() => this.#release(member));
    } finally {
      if (!settlesLater) this.#release(member);
    }
  }

  /** Requests in flight at the backend; 0 for one that is not in the list. */
  active(backendId: string): number {
    return this.#roster.get(backendId)?.state.active ?? 0;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    const { usable } = this.#roster;
    this.#weights = Float64Array.from(usable, ({ spec }) => effectiveWeight(spec));
    this.#heap = new IndexedHeap(usable.length);
    for (const member of usable) {
      this.#enterRace(member.slot);
      this.#place(member);
    }
  }

  recordResult({ backendId }: RequestResult): void {
    const member = this.#roster.get(backendId);
    if (member !== undefined) this.#release(member);
  }

  #acquire(): Member<Connections> | undefined {
    const slot = this.#heap.top;
    const member = this.#roster.usable[slot];
    if (member === undefined) return undefined;
    member.state.active += 1;
    // Never back to a tick that passed while the backend was busy: it would win one tie after another until it caught up.
    this.#raceTime = Math.max(this.#raceTime, this.#heap.ties[slot] ?? 0);
    this.#enterRace(slot);
    this.#place(member);
    return member;
  }

  #release(member: Member<Connections>): void {
    if (member.state.active === 0) return;
    member.state.active -= 1;
    if (member.slot >= 0) this.#place(member);
  }

  #enterRace(slot: number): void {
    this.#heap.ties[slot] = this.#raceTime - Math.log(1 - this.#rng.next()) / (this.#weights[slot] ?? 1);
  }

  #place({ state, slot }: Member<Connections>): void {
    this.#heap.keys[slot] = state.active / (this.#weights[slot] ?? 1);
    this.#heap.place(slot);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
