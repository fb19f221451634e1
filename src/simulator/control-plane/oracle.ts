// The bound for weights that do not know the present queues: sees the true state of every host, and tells the proxies the
// best static shares at the very moment of a change. Hosts that fail, hang or cannot be reached are out, unless all are.
import { weightsFor } from "../../balancers/enforcement/share-law.js";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { Clock } from "../../runtime/clock.js";
import type { HostState } from "../plant/host-state.js";
import type { SimulationPlan } from "../simulation-plan.js";
import type { ControlPlane, Push } from "./control-plane.js";
import { readyHosts } from "./equal.js";
import { type HostCapacity, optimalRates, responseMs } from "./optimal-shares.js";

/** A part of the answers failing beyond this takes a host out. */
const TOLERATED_FAILURES = 0.01;
/** Less traffic than this part of an equal split is none. */
const LEAST_SHARE_RATIO = 0.005;

/** `optimal`: equal marginal cost. `capacity`: shares proportional to capacity. `squared`: weights = capacity². */
export type OracleRule = "optimal" | "capacity" | "squared";

export class OracleControlPlane implements ControlPlane {
  readonly #clock: Clock;
  readonly #state: HostState;
  readonly #plan: SimulationPlan;
  readonly #rule: OracleRule;
  readonly #push: Push;
  #last = "";

  constructor(clock: Clock, state: HostState, plan: SimulationPlan, rule: OracleRule, push: Push) {
    this.#clock = clock;
    this.#state = state;
    this.#plan = plan;
    this.#rule = rule;
    this.#push = push;
    this.worldChanged();
  }

  worldChanged(): void {
    const ready = readyHosts(this.#state);
    const sound = ready.filter((host) => this.#isSound(host));
    const usable = sound.length > 0 ? sound : ready;
    const capacities = usable.map((host) => this.#capacityOf(host));
    const rates = this.#ratesOf(capacities);
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const chosen = usable
      .map((host, i) => ({ host, share: (rates[i] ?? 0) / total, capacity: capacities[i] }))
      .filter(({ share }) => share * usable.length > LEAST_SHARE_RATIO);
    const weights = this.#weightsOf(
      chosen.map(({ share }) => share),
      chosen.flatMap(({ capacity }) => capacity ?? []),
    );
    const byHost = new Float64Array(this.#state.count).fill(1);
    const shares = Array.from({ length: this.#state.count }, () => 0);
    chosen.forEach(({ host, share }, i) => {
      byHost[host] = weights[i] ?? 1;
      shares[host] = share;
    });
    const described = JSON.stringify([chosen.map(({ host }) => host), weights]);
    if (described === this.#last) return;
    this.#last = described;
    const healthy = Int32Array.from(chosen, ({ host }) => host);
    this.#push({ weights: byHost, healthy, enforcement: LEAST_REQUEST }, shares);
  }

  record(): void {}

  stop(): void {}

  restart(): void {}

  #isSound(host: number): boolean {
    const { failFraction, reach, pausedUntilMs } = this.#state;
    return (
      (failFraction[host] ?? 0) <= TOLERATED_FAILURES &&
      reach[host] === "up" &&
      (pausedUntilMs[host] ?? 0) <= this.#clock.nowMs()
    );
  }

  #capacityOf(host: number): HostCapacity {
    return {
      slots: this.#state.slots[host] ?? 1,
      serviceMs: this.#state.serviceMs(host, 1, this.#plan.meanServiceMs),
    };
  }

  #ratesOf(capacities: readonly HostCapacity[]): readonly number[] {
    if (this.#rule === "optimal") return optimalRates(capacities, this.#plan.rateRps);
    return capacities.map(({ slots, serviceMs }) => slots / serviceMs);
  }

  #weightsOf(shares: readonly number[], capacities: readonly HostCapacity[]): number[] {
    const { rateRps, proxies } = this.#plan;
    if (this.#rule === "squared") return weightsFor(LEAST_REQUEST, shares, 1e9);
    const inFlight = shares.reduce((sum, share, i) => {
      const capacity = capacities[i];
      if (capacity === undefined) return sum;
      const limit = (950 * capacity.slots) / capacity.serviceMs;
      const rate = Math.min(share * rateRps, limit);
      return sum + (rate * responseMs(capacity, rate)) / 1000;
    }, 0);
    return weightsFor(LEAST_REQUEST, shares, inFlight / proxies);
  }
}
