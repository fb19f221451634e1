// Passive health for any balancer: a decorator that learns from results who fails, shows the balancer inside a list with
// that health in it, and brings backends back through probation. Requests of probation are not the inner balancer's:
// they are diverted here, few and one at a time, so that even a hash ring is rebuilt only when health really changes.
// Invariant: no more than `maxEjectedShare` of the usable backends are held out, so a fault that all of them share (a
// database behind them, a bad client) cannot empty the fleet.
import type { Clock } from "../../runtime/clock.js";
import type { BackendHealth, BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { type Member, Roster } from "../roster.js";
import { type HealthOptions, healthOptions } from "./health-options.js";
import { BackendObservation, type ObservedHealth } from "./observed-health.js";

export interface HealthTrackingOptions extends Partial<HealthOptions> {
  readonly clock: Clock;
  /** Told of every change of what was observed. Must not throw. */
  readonly onChange?: (backendId: string, from: ObservedHealth, to: ObservedHealth) => void;
}

interface Watched {
  readonly observation: BackendObservation;
  probesInFlight: number;
  probedMs: number;
}

export class HealthTrackingBalancer implements LoadBalancer {
  readonly #inner: LoadBalancer;
  readonly #clock: Clock;
  readonly #options: HealthOptions;
  readonly #onChange: HealthTrackingOptions["onChange"];
  readonly #roster: Roster<Watched>;
  #backends: readonly BackendSpec[] = [];
  /** Members in probation; the one probed last stands at the end. */
  #probation: Member<Watched>[] = [];
  #ejected = 0;
  /** When the next ejection is over. */
  #nextDueMs = Infinity;

  /**
   * @param inner any balancer; its list is replaced by `backends` and from then on managed here
   * @throws SteelyardError ERR_INVALID_BACKENDS; ERR_INVALID_REQUEST for options out of range
   */
  constructor(inner: LoadBalancer, backends: readonly BackendSpec[], options: HealthTrackingOptions) {
    const { clock, onChange, ...given } = options;
    const checked = healthOptions(given);
    this.#inner = inner;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#options = checked;
    this.#roster = new Roster(() => ({
      observation: new BackendObservation(checked),
      probesInFlight: 0,
      probedMs: -Infinity,
    }));
    this.updateBackends(backends);
  }

  /** The algorithm's: health is not one of its own. */
  get name(): string {
    return this.#inner.name;
  }

  /** What was observed of a backend; undefined when it is not in the list. */
  healthOf(backendId: string): ObservedHealth | undefined {
    return this.#roster.get(backendId)?.state.observation.health;
  }

  select(request: BalanceRequest): BackendSpec | undefined {
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#nextDueMs) this.#endEjections(nowMs);
    return (
      this.#probe(nowMs, this.#options.probationIntervalMs) ??
      this.#inner.select(request) ??
      // Nobody else is left: as many as may be in flight, without waiting.
      this.#probe(nowMs, 0)
    );
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    this.#backends = backends;
    this.#takeStock();
    // Others have left: whoever would be back first is taken back, until the rest is within bounds again.
    const nowMs = this.#clock.nowMs();
    const ejected = this.#roster.usable
      .filter(({ state }) => state.observation.isEjected)
      .toSorted((a, b) => (a.state.observation.dueMs ?? 0) - (b.state.observation.dueMs ?? 0));
    for (const member of ejected) {
      if (this.#ejected <= this.#maxEjected) break;
      this.#change(member, () => member.state.observation.reinstate(nowMs));
      this.#ejected -= 1;
    }
    this.#publish();
  }

  recordResult(result: RequestResult): void {
    const member = this.#roster.get(result.backendId);
    if (member === undefined) return;
    const { state } = member;
    if (state.probesInFlight > 0) state.probesInFlight -= 1;
    else this.#inner.recordResult(result);
    const nowMs = this.#clock.nowMs();
    const mayEject = this.#ejected + 1 <= this.#maxEjected;
    if (this.#change(member, () => state.observation.record(result.success, nowMs, mayEject))) this.#publish();
  }

  get #maxEjected(): number {
    return Math.floor(this.#options.maxEjectedShare * this.#roster.usable.length);
  }

  /** @returns whether health changed */
  #change(member: Member<Watched>, step: () => void): boolean {
    const { observation } = member.state;
    const from = observation.health;
    step();
    if (observation.health === from) return false;
    this.#onChange?.(member.spec.id, from, observation.health);
    return true;
  }

  #endEjections(nowMs: number): void {
    for (const member of this.#roster.usable) this.#change(member, () => member.state.observation.advance(nowMs));
    // To the balancer inside, ejection and probation look the same.
    this.#takeStock();
  }

  #probe(nowMs: number, intervalMs: number): BackendSpec | undefined {
    const member = this.#probation[0];
    if (member === undefined) return undefined;
    const { state, spec } = member;
    if (state.probesInFlight >= this.#options.probationInFlight || nowMs - state.probedMs < intervalMs) {
      this.#rotate(member);
      return undefined;
    }
    state.probesInFlight += 1;
    state.probedMs = nowMs;
    this.#rotate(member);
    return spec;
  }

  /** The next request looks at the next one, so that one that hangs holds up nobody else's probation. */
  #rotate(member: Member<Watched>): void {
    if (this.#probation.length === 1) return;
    this.#probation.copyWithin(0, 1);
    this.#probation[this.#probation.length - 1] = member;
  }

  #publish(): void {
    this.#takeStock();
    this.#inner.updateBackends(
      this.#backends.map((spec) => {
        const observed = this.healthOf(spec.id) ?? "healthy";
        return { ...spec, health: worse(spec.health, observed) };
      }),
    );
  }

  #takeStock(): void {
    const { usable } = this.#roster;
    this.#ejected = usable.filter(({ state }) => state.observation.isEjected).length;
    this.#probation = usable.filter(({ state }) => state.observation.health === "probation");
    this.#nextDueMs = usable.reduce((due, { state }) => Math.min(due, state.observation.dueMs ?? Infinity), Infinity);
  }
}

function worse(declared: BackendHealth, observed: ObservedHealth): BackendHealth {
  if (declared === "unhealthy" || observed === "unhealthy" || observed === "probation") return "unhealthy";
  return declared === "degraded" || observed === "degraded" ? "degraded" : "healthy";
}
