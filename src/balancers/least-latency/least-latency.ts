// Lowest latency average wins. The average forgets with time, not with samples; a failure counts as the penalty latency,
// so failing fast never looks fast; a backend nobody has measured counts as the fleet's median, so a newcomer is neither
// starved nor flooded. An average that nobody renews would be believed for ever, so now and then a request goes to
// whoever was tried longest ago. O(log n) per pick and per result, over an indexed heap.
import type { Clock } from "../../runtime/clock.js";
import { ewmaStep } from "../../stats/decay.js";
import { IndexedHeap } from "../../stats/indexed-heap.js";
import { RecencyList } from "../../stats/recency-list.js";
import { DEGRADED_SHARE } from "../degraded-share.js";
import {
  type BackendSpec,
  type BalanceRequest,
  type LoadBalancer,
  latencyOf,
  type RequestResult,
} from "../load-balancer.js";
import { type Member, Roster } from "../roster.js";

export interface LeastLatencyOptions {
  readonly clock: Clock;
  /** Memory of the average, milliseconds, > 0. Default 10,000. */
  readonly tauMs?: number;
  /** Least latency that a failed request counts as, milliseconds. Default 5,000. */
  readonly failurePenaltyMs?: number;
  /** A backend that got no request for this long is tried again, milliseconds. Default 10,000. */
  readonly retryAfterMs?: number;
}

/** At most every tenth request goes to a backend for the sake of measuring it, however many there are. */
const PICKS_PER_TRIAL = 10;

interface Latency {
  isKnown: boolean;
  /** Average at `updatedMs`, milliseconds. */
  valueMs: number;
  updatedMs: number;
  /** When it last got a request. */
  triedMs: number;
  /** Number of the pick at which that was; the smaller one wins a tie. */
  turn: number;
}

export class LeastLatencyBalancer implements LoadBalancer {
  readonly name = "least-latency";
  readonly #clock: Clock;
  readonly #tauMs: number;
  readonly #failurePenaltyMs: number;
  readonly #retryAfterMs: number;
  readonly #roster = new Roster<Latency>(() => ({
    isKnown: false,
    valueMs: 0,
    updatedMs: 0,
    triedMs: -Infinity,
    turn: 0,
  }));
  #heap = new IndexedHeap(0);
  #byRecency = new RecencyList(0);
  #picks = 0;
  #picksSinceTrial = PICKS_PER_TRIAL;
  #medianMs = 0;
  /** Results until the median is taken anew: as many as it had values, so that it costs O(log n) per result. */
  #resultsToMedian = 1;
  #scratch = new Float64Array(0);

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: LeastLatencyOptions) {
    this.#clock = options.clock;
    this.#tauMs = options.tauMs ?? 10_000;
    this.#failurePenaltyMs = options.failurePenaltyMs ?? 5_000;
    this.#retryAfterMs = options.retryAfterMs ?? 10_000;
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const { usable } = this.#roster;
    const nowMs = this.#clock.nowMs();
    const oldest = usable[this.#byRecency.oldest];
    this.#picksSinceTrial += 1;
    const isTrial =
      oldest !== undefined &&
      this.#picksSinceTrial >= PICKS_PER_TRIAL &&
      nowMs - oldest.state.triedMs >= this.#retryAfterMs;
    const chosen = isTrial ? oldest : usable[this.#heap.top];
    if (chosen === undefined) return undefined;
    if (isTrial) this.#picksSinceTrial = 0;
    const { state, slot } = chosen;
    state.triedMs = nowMs;
    state.turn = ++this.#picks;
    this.#byRecency.touch(slot);
    this.#heap.ties[slot] = state.turn;
    this.#heap.place(slot);
    return chosen.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    const { usable } = this.#roster;
    this.#heap = new IndexedHeap(usable.length);
    this.#scratch = new Float64Array(usable.length);
    this.#byRecency = new RecencyList(usable.length);
    for (const { slot } of usable.toSorted((a, b) => a.state.turn - b.state.turn)) this.#byRecency.touch(slot);
    this.#takeMedian();
    for (const member of usable) this.#place(member);
  }

  recordResult(result: RequestResult): void {
    const member = this.#roster.get(result.backendId);
    if (member === undefined) return;
    const measuredMs = latencyOf(result);
    if (result.success && measuredMs === undefined) return;
    const sampleMs = result.success ? (measuredMs ?? 0) : Math.max(measuredMs ?? 0, this.#failurePenaltyMs);
    const { state } = member;
    const nowMs = this.#clock.nowMs();
    // Two results at the same instant must both count, so the step is never shorter than a thousandth of tau; a clock
    // that runs backwards counts as one that stands still.
    const elapsedMs = Math.max(nowMs - state.updatedMs, this.#tauMs / 1000);
    state.valueMs = state.isKnown ? ewmaStep(state.valueMs, sampleMs, elapsedMs, this.#tauMs) : sampleMs;
    state.updatedMs = nowMs;
    state.isKnown = true;
    if (member.slot < 0) return;
    this.#place(member);
    this.#resultsToMedian -= 1;
    if (this.#resultsToMedian > 0) return;
    this.#takeMedian();
    for (const other of this.#roster.usable) if (!other.state.isKnown) this.#place(other);
  }

  #place({ state, spec, slot }: Member<Latency>): void {
    const valueMs = state.isKnown ? state.valueMs : this.#medianMs;
    this.#heap.keys[slot] = spec.health === "degraded" ? valueMs / DEGRADED_SHARE : valueMs;
    this.#heap.ties[slot] = state.turn;
    this.#heap.place(slot);
  }

  #takeMedian(): void {
    let known = 0;
    this.#scratch.fill(Infinity);
    for (const { state } of this.#roster.usable) if (state.isKnown) this.#scratch[known++] = state.valueMs;
    this.#scratch.sort();
    this.#medianMs = known === 0 ? 0 : (this.#scratch[(known - 1) >> 1] ?? 0);
    this.#resultsToMedian = Math.max(1, known);
  }
}
