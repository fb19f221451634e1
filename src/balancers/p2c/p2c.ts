// Power of two choices on the seed's score: two distinct random candidates, the lower score wins. Error rate and latency
// forget with time; connections are counted here, from select to recordResult. A backend that nobody has measured, or not
// for long, gets one request at a time until it answers, so a newcomer is neither starved nor flooded. O(1) per pick.
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { decayFactor } from "../../stats/decay.js";
import {
  type BackendSpec,
  type BalanceRequest,
  type LoadBalancer,
  latencyOf,
  type RequestResult,
} from "../load-balancer.js";
import { Roster } from "../roster.js";
import { TwoChoices } from "../two-choices.js";
import { p2cScore } from "./score.js";

export interface P2cOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Memory of latency and error rate, milliseconds, > 0. Default 10,000. */
  readonly tauMs?: number;
}

interface Load {
  connections: number;
  /** Decayed sums as of `updatedMs`. */
  requests: number;
  failures: number;
  /** Results that had a latency, and the sum of those. */
  timed: number;
  latencySumMs: number;
  updatedMs: number;
}

/** Below this, what is left of old results is no evidence any more: one result lasts for 14 tau. */
const MIN_EVIDENCE = 1e-6;
/** Above every score: whoever has not answered its first request yet waits for that. */
const UNANSWERED_SCORE = Number.MAX_SAFE_INTEGER;

export class P2cBalancer implements LoadBalancer {
  readonly name = "p2c";
  readonly #clock: Clock;
  readonly #tauMs: number;
  readonly #roster = new Roster<Load>(() => ({
    connections: 0,
    requests: 0,
    failures: 0,
    timed: 0,
    latencySumMs: 0,
    updatedMs: 0,
  }));
  readonly #choices: TwoChoices;
  /** Used anew for every score, so that a pick makes no object. */
  readonly #inputs = { connections: 0, latencyMs: 0, errorRate: 0 };

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: P2cOptions) {
    this.#clock = options.clock;
    this.#tauMs = options.tauMs ?? 10_000;
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
    // Scores that differ by rounding only are equal: the first drawn, and so chance, decides.
    const isSecondBetter =
      second !== undefined && this.#score(second.state, nowMs) < this.#score(first.state, nowMs) * (1 - 1e-9);
    const chosen = isSecondBetter ? second : first;
    chosen.state.connections += 1;
    return chosen.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    this.#choices.update(this.#roster.usable);
  }

  recordResult(result: RequestResult): void {
    const load = this.#roster.get(result.backendId)?.state;
    if (load === undefined) return;
    load.connections = Math.max(0, load.connections - 1);
    const nowMs = this.#clock.nowMs();
    const keep = this.#keep(load, nowMs);
    const latencyMs = latencyOf(result);
    load.requests = load.requests * keep + 1;
    load.failures = load.failures * keep + (result.success ? 0 : 1);
    load.timed = load.timed * keep + (latencyMs === undefined ? 0 : 1);
    load.latencySumMs = load.latencySumMs * keep + (latencyMs ?? 0);
    load.updatedMs = nowMs;
  }

  /** What is left of the sums. A clock that stands still or runs backwards makes nothing older. */
  #keep({ updatedMs }: Load, nowMs: number): number {
    return decayFactor(Math.max(0, nowMs - updatedMs), this.#tauMs);
  }

  #score(load: Load, nowMs: number): number {
    const { connections, requests, failures, timed, latencySumMs } = load;
    if (requests * this.#keep(load, nowMs) < MIN_EVIDENCE)
      return connections === 0 ? 0 : UNANSWERED_SCORE + connections;
    const inputs = this.#inputs;
    inputs.connections = connections;
    inputs.latencyMs = timed > 0 ? latencySumMs / timed : 0;
    inputs.errorRate = failures / requests;
    return p2cScore(inputs);
  }
}
