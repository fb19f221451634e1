// Prequal (Wydrowski et al., "Load is not what you should balance", NSDI 2024). Every request asks a few random backends
// for their requests in flight and latency; answers come in later and wait in a small pool. Among the pool's cold
// backends (in flight not above a quantile) the lowest latency wins; when all are hot, the fewest in flight.
// The network is the caller's: probes are asked for through `requestProbe` and come back through `addProbe`. O(1) in n.
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { decayFactor } from "../../stats/decay.js";
import { DEGRADED_SHARE } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { type Member, Roster } from "../roster.js";
import { TwoChoices } from "../two-choices.js";
import { type PoolProbe, type Probe, ProbePool } from "./probe-pool.js";
import { ProbeTargets } from "./probe-targets.js";

export interface PrequalOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /**
   * Asks a backend for its load; the answer goes to `addProbe`, at once or later, or never. Called within `select`, so it
   * must neither block nor throw. Default: nobody is asked, and the caller adds probes on its own account.
   */
  readonly requestProbe?: (backend: BackendSpec) => void;
  /** Probes asked for per request, >= 0, may be fractional. Default 3. */
  readonly probesPerRequest?: number;
  /** Answers kept, integer >= 1. Default 16. */
  readonly poolSize?: number;
  /** Age at which an answer is thrown away, milliseconds. Default 1,000. */
  readonly maxProbeAgeMs?: number;
  /** Quantile of requests in flight above which a backend is hot, 0..1. Default 2^-0.25, about 0.84. */
  readonly hotQuantile?: number;
  /** Memory of the failure rate, milliseconds. Default 10,000. */
  readonly failureTauMs?: number;
  /** Latency that a failure is worth, milliseconds. Default 5,000. */
  readonly failurePenaltyMs?: number;
}

/** Below this many answers there is no choice to make: a random backend is as good. */
const MIN_POOL = 2;
/** Answers thrown away per request, the oldest and the worst in turn. */
const REMOVED_PER_REQUEST = 1;
/** The paper's delta: how fast the pool may shrink towards its target size. */
const REUSE_SLACK = 1;
/** Successes that everybody is credited with, so that one failure among few requests is not yet a failing backend. */
const PRIOR_SUCCESSES = 20;

/** Decayed counts as of `updatedMs`. */
interface Outcomes {
  requests: number;
  failures: number;
  updatedMs: number;
}

export class PrequalBalancer implements LoadBalancer {
  readonly name = "prequal";
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #requestProbe: ((backend: BackendSpec) => void) | undefined;
  readonly #probesPerRequest: number;
  readonly #poolSize: number;
  readonly #failureTauMs: number;
  readonly #failurePenaltyMs: number;
  readonly #pool: ProbePool<Member<Outcomes>>;
  readonly #roster = new Roster<Outcomes>(() => ({ requests: 0, failures: 0, updatedMs: 0 }));
  readonly #fallback: TwoChoices;
  readonly #targets: ProbeTargets;
  /** As of the current `select`, so that its comparisons are consistent. */
  #nowMs = 0;
  #reuses = Infinity;
  #probesOwed = 0;
  #removesOldest = true;

  /** @throws SteelyardError ERR_INVALID_BACKENDS */
  constructor(backends: readonly BackendSpec[], options: PrequalOptions) {
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#requestProbe = options.requestProbe;
    this.#probesPerRequest = options.probesPerRequest ?? 3;
    this.#poolSize = options.poolSize ?? 16;
    this.#failureTauMs = options.failureTauMs ?? 10_000;
    this.#failurePenaltyMs = options.failurePenaltyMs ?? 5_000;
    this.#pool = new ProbePool({
      capacity: this.#poolSize,
      maxAgeMs: options.maxProbeAgeMs ?? 1_000,
      hotQuantile: options.hotQuantile ?? 2 ** -0.25,
    });
    this.#fallback = new TwoChoices(options.rng);
    this.#targets = new ProbeTargets(options.rng);
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    if (this.#roster.usable.length === 0) return undefined;
    this.#nowMs = this.#clock.nowMs();
    this.#pool.removeExpired(this.#nowMs);
    this.#askForProbes();
    const chosen = this.#pool.size >= MIN_POOL ? this.#choose() : undefined;
    for (let i = 0; i < REMOVED_PER_REQUEST; i++) this.#removeOne();
    if (chosen !== undefined) return chosen;
    this.#fallback.draw();
    return this.#roster.usable[this.#fallback.first]?.spec;
  }

  /** Takes a probe's answer. Of unknown or unhealthy backends, or with values that make no sense: ignored. */
  addProbe(probe: Probe): void {
    const member = this.#roster.get(probe.backendId);
    if (member === undefined || member.slot < 0) return;
    if (!Number.isInteger(probe.inFlight) || probe.inFlight < 0) return;
    if (!Number.isFinite(probe.latencyMs) || probe.latencyMs < 0) return;
    const entry = this.#pool.add(member, probe.inFlight);
    entry.latencyMs = probe.latencyMs;
    entry.takenMs = this.#clock.nowMs();
    // Rounded at random, so that fractions count.
    entry.usesLeft = Math.floor(this.#reuses + this.#rng.next());
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    this.#fallback.update(this.#roster.usable);
    this.#targets.update(this.#roster.usable.length);
    this.#reuses = this.#reuseBudget();
    for (let i = this.#pool.size - 1; i >= 0; i--) {
      if ((this.#pool.at(i)?.owner.slot ?? -1) < 0) this.#pool.remove(i);
    }
  }

  /** Only failures are learned from here: latency and load are the backend's own to report. */
  recordResult({ backendId, success }: RequestResult): void {
    const outcomes = this.#roster.get(backendId)?.state;
    if (outcomes === undefined) return;
    const nowMs = this.#clock.nowMs();
    const keep = this.#keep(outcomes, nowMs);
    outcomes.requests = outcomes.requests * keep + 1;
    outcomes.failures = outcomes.failures * keep + (success ? 0 : 1);
    outcomes.updatedMs = nowMs;
  }

  /** What is left of the counts. A clock that stands still or runs backwards makes nothing older. */
  #keep({ updatedMs }: Outcomes, nowMs: number): number {
    return decayFactor(Math.max(0, nowMs - updatedMs), this.#failureTauMs);
  }

  #askForProbes(): void {
    if (this.#requestProbe === undefined) return;
    this.#probesOwed += this.#probesPerRequest;
    const count = Math.min(Math.floor(this.#probesOwed), this.#roster.usable.length);
    this.#probesOwed -= Math.floor(this.#probesOwed);
    for (let i = 0; i < count; i++) {
      const member = this.#roster.usable[this.#targets.draw(i)];
      if (member !== undefined) this.#requestProbe(member.spec);
    }
  }

  #choose(): BackendSpec | undefined {
    const best = this.#extreme(1);
    const probe = this.#pool.at(best);
    if (probe === undefined) return undefined;
    // The request about to be sent is in flight there, whatever the answer said.
    probe.inFlight += 1;
    probe.usesLeft -= 1;
    if (probe.usesLeft < 1) this.#pool.remove(best);
    return probe.owner.spec;
  }

  /**
   * Index of the best answer (`sign` 1) or the worst (-1), one of those that tie with the same chance. Cold before hot;
   * cold ones by latency, hot ones by requests in flight.
   */
  #extreme(sign: 1 | -1): number {
    const { size, hotAbove } = this.#pool;
    let found = -1;
    let foundIsHot = false;
    let foundCost = 0;
    let tied = 1;
    for (let i = 0; i < size; i++) {
      const probe = this.#pool.at(i);
      if (probe === undefined) continue;
      const share = probe.owner.spec.health === "degraded" ? DEGRADED_SHARE : 1;
      const inFlight = probe.inFlight / share;
      const isHot = inFlight > hotAbove;
      const cost = isHot ? inFlight : this.#latencyMs(probe) / share;
      const order = isHot === foundIsHot ? sign * (cost - foundCost) : sign * (isHot ? 1 : -1);
      if (found >= 0 && order === 0) tied += 1;
      if (found >= 0 && (order > 0 || (order === 0 && this.#rng.next() * tied >= 1))) continue;
      if (order !== 0) tied = 1;
      found = i;
      foundIsHot = isHot;
      foundCost = cost;
    }
    return found;
  }

  /**
   * With the expected cost of failing added, penalty * rate / (1 - rate): a backend that fails fast reports little load
   * and low latency, and would swallow everything (the paper's sinkhole).
   */
  #latencyMs({ latencyMs, owner }: PoolProbe<Member<Outcomes>>): number {
    return latencyMs + this.#failurePenaltyMs * this.#failureOdds(owner.state);
  }

  /** Failures per success, fading with time. */
  #failureOdds(outcomes: Outcomes): number {
    const { requests, failures } = outcomes;
    if (failures === 0) return 0;
    const keep = this.#keep(outcomes, this.#nowMs);
    return (failures * keep) / ((requests - failures) * keep + PRIOR_SUCCESSES);
  }

  #removeOne(): void {
    if (this.#pool.size <= MIN_POOL) return;
    this.#pool.remove(this.#removesOldest ? 0 : this.#extreme(-1));
    this.#removesOldest = !this.#removesOldest;
  }

  /** How often one answer may be used on average (the paper's equation 1). */
  #reuseBudget(): number {
    const spread = 1 - this.#poolSize / this.#roster.usable.length;
    const gain = spread * this.#probesPerRequest - REMOVED_PER_REQUEST;
    // A pool that holds the whole fleet, or more is taken out than comes in: only age and newer answers replace one.
    return gain <= 0 ? Infinity : Math.max(1, (1 + REUSE_SLACK) / gain);
  }
}
