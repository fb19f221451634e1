// Power of two choices on the seed's score: two distinct random candidates, the lower score wins. Error rate and latency
// forget with time; connections are counted here, from select to recordResult; a backend that nobody has measured counts
// as the fleet's mean, so a newcomer is neither starved nor flooded. O(1) per pick.
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

/** Decayed sums, so that few results weigh little. */
interface Outcomes {
  requests: number;
  failures: number;
  /** Results with a latency, and the sum of those. */
  timed: number;
  latencySumMs: number;
  updatedMs: number;
}

interface Load extends Outcomes {
  connections: number;
}

const noOutcomes = (): Outcomes => ({ requests: 0, failures: 0, timed: 0, latencySumMs: 0, updatedMs: -Infinity });

/** Below this, what is left of old results is no evidence any more. */
const MIN_EVIDENCE = 1e-6;

export class P2cBalancer implements LoadBalancer {
  readonly name = "p2c";
  readonly #clock: Clock;
  readonly #tauMs: number;
  readonly #roster = new Roster<Load>(() => ({ ...noOutcomes(), connections: 0 }));
  readonly #choices: TwoChoices;
  readonly #fleet = noOutcomes();

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
    // Scores that differ by rounding only are equal: the first drawn, and so chance, decides.
    const isSecondBetter = second !== undefined && this.#score(second.state) < this.#score(first.state) * (1 - 1e-9);
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
    this.#record(load, result);
    this.#record(this.#fleet, result);
  }

  #record(outcomes: Outcomes, result: RequestResult): void {
    const nowMs = this.#clock.nowMs();
    // A clock that stands still or runs backwards makes nothing older.
    const keep = nowMs > outcomes.updatedMs ? decayFactor(nowMs - outcomes.updatedMs, this.#tauMs) : 1;
    const latencyMs = latencyOf(result);
    outcomes.requests = outcomes.requests * keep + 1;
    outcomes.failures = outcomes.failures * keep + (result.success ? 0 : 1);
    outcomes.timed = outcomes.timed * keep + (latencyMs === undefined ? 0 : 1);
    outcomes.latencySumMs = outcomes.latencySumMs * keep + (latencyMs ?? 0);
    outcomes.updatedMs = nowMs;
  }

  #score(load: Load): number {
    const timed = load.timed > MIN_EVIDENCE ? load : this.#fleet;
    const counted = load.requests > MIN_EVIDENCE ? load : this.#fleet;
    return p2cScore({
      connections: load.connections,
      latencyMs: timed.timed > MIN_EVIDENCE ? timed.latencySumMs / timed.timed : 0,
      errorRate: counted.requests > MIN_EVIDENCE ? counted.failures / counted.requests : 0,
    });
  }
}
