// Power of two choices on Finagle's peak EWMA: cost = latency average that jumps to a peak at once and comes down slowly,
// times requests in flight plus one. The cost of an idle backend fades, so that one which was slow is tried again; a
// backend that has never answered gets one request at a time. O(1) per pick.
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { decayFactor, ewmaStep } from "../../stats/decay.js";
import {
  type BackendSpec,
  type BalanceRequest,
  type LoadBalancer,
  latencyOf,
  type RequestResult,
} from "../load-balancer.js";
import { Roster } from "../roster.js";
import { TwoChoices } from "../two-choices.js";

export interface PeakEwmaOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Time in which a peak comes down to 1/e, milliseconds, > 0. Default 10,000 (Finagle, tower). */
  readonly tauMs?: number;
  /**
   * Least latency that a failed request counts as, milliseconds. Without it a backend that fails fast has the lowest
   * cost of all. Default 1,000: less than for a plain average, since a single failure is remembered in full here.
   */
  readonly failurePenaltyMs?: number;
}

interface Latency {
  /** Peak-sensitive average at `updatedMs`, milliseconds. */
  peakMs: number;
  updatedMs: number;
  pending: number;
  hasAnswered: boolean;
}

/** Above every cost that can be measured: whoever has not answered its first request yet waits for that. */
const UNANSWERED_COST = Number.MAX_SAFE_INTEGER;

export class PeakEwmaBalancer implements LoadBalancer {
  readonly name = "peak-ewma";
  readonly #clock: Clock;
  readonly #tauMs: number;
  readonly #failurePenaltyMs: number;
  readonly #roster = new Roster<Latency>(() => ({ peakMs: 0, updatedMs: 0, pending: 0, hasAnswered: false }));
  readonly #choices: TwoChoices;

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: PeakEwmaOptions) {
    this.#clock = options.clock;
    this.#tauMs = options.tauMs ?? 10_000;
    this.#failurePenaltyMs = options.failurePenaltyMs ?? 1_000;
    this.#choices = new TwoChoices(options.rng);
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    this.#choices.draw();
    const { usable } = this.#roster;
    const first = usable[this.#choices.first];
    const second = usable[this.#choices.second];
    if (first === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    const isSecondBetter = second !== undefined && this.#cost(second.state, nowMs) < this.#cost(first.state, nowMs);
    const chosen = isSecondBetter ? second : first;
    chosen.state.pending += 1;
    return chosen.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    this.#choices.update(this.#roster.usable);
  }

  recordResult(result: RequestResult): void {
    const latency = this.#roster.get(result.backendId)?.state;
    if (latency === undefined) return;
    latency.pending = Math.max(0, latency.pending - 1);
    const measuredMs = latencyOf(result);
    if (result.success && measuredMs === undefined) return;
    const sampleMs = result.success ? (measuredMs ?? 0) : Math.max(measuredMs ?? 0, this.#failurePenaltyMs);
    const nowMs = this.#clock.nowMs();
    const elapsedMs = Math.max(0, nowMs - latency.updatedMs);
    latency.peakMs =
      !latency.hasAnswered || sampleMs > latency.peakMs
        ? sampleMs
        : ewmaStep(latency.peakMs, sampleMs, elapsedMs, this.#tauMs);
    latency.updatedMs = nowMs;
    latency.hasAnswered = true;
  }

  /** A clock that stands still or runs backwards lets no cost fade. */
  #cost({ peakMs, updatedMs, pending, hasAnswered }: Latency, nowMs: number): number {
    if (!hasAnswered) return pending === 0 ? 0 : UNANSWERED_COST + pending;
    return peakMs * decayFactor(Math.max(0, nowMs - updatedMs), this.#tauMs) * (pending + 1);
  }
}
