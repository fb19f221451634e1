// Steelyard itself in the loop: the rounds of src/signals and the controller of src/control, on simulated time. What this
// file adds is only what ControlLoop and the store do around them: timers, silence, and a checkpoint across restarts.
import type { BoundPolicy } from "../../balancers/registry.js";
import { checkpointSchema } from "../../control/checkpoint.js";
import { type Decision, ServiceController } from "../../control/service-controller.js";
import type { ControlSettings } from "../../control/settings.js";
import { takesTraffic } from "../../model/health.js";
import type { LoadRound } from "../../model/load.js";
import type { WeightPlan } from "../../model/plan.js";
import type { ServiceSnapshot } from "../../model/service.js";
import type { Cancel } from "../../runtime/clock.js";
import { SampleBudget } from "../../signals/sample-budget.js";
import { type ServiceReport, ServiceRounds } from "../../signals/service-rounds.js";
import type { VirtualClock } from "../engine/virtual-clock.js";
import type { Assignment } from "../envoy/proxies.js";
import type { HostState } from "../plant/host-state.js";
import { hostOf, SIMULATED_SERVICE, snapshotOf } from "./catalogue.js";
import type { ControlPlane, Push } from "./control-plane.js";

export interface SteelyardOptions {
  readonly clock: VirtualClock;
  readonly state: HostState;
  readonly bound: BoundPolicy;
  readonly settings: ControlSettings;
  readonly push: Push;
}

const SWEEP_MS = 1_000;
const STALE_AFTER_MS = 60_000;
const MAX_REPORTERS = 100_000;
const MAX_SAMPLES = 10_000_000;

export class SteelyardControlPlane implements ControlPlane {
  readonly #o: SteelyardOptions;
  #controller: ServiceController;
  #rounds: ServiceRounds;
  #retry: Cancel | undefined;
  #revision = 1;
  #running = true;

  constructor(options: SteelyardOptions) {
    this.#o = options;
    this.#controller = new ServiceController(this.#snapshot(), options.bound, {
      service: SIMULATED_SERVICE,
      settings: options.settings,
    });
    this.#rounds = this.#newRounds();
    this.#publish(this.#controller.onTimer(this.#nowMs, this.#nowMs));
    options.clock.repeat(SWEEP_MS, SWEEP_MS, () => this.#sweep());
  }

  worldChanged(): void {
    this.#revision += 1;
    if (!this.#running) return;
    this.#publish(this.#controller.onCatalogue(this.#snapshot(), this.#o.bound, this.#nowMs, this.#nowMs));
  }

  record(report: ServiceReport): void {
    if (this.#running) this.#rounds.record(report);
  }

  stop(): void {
    this.#running = false;
    this.#retry?.();
    this.#rounds.dispose();
  }

  restart(): void {
    const stored: unknown = JSON.parse(JSON.stringify(this.#controller.checkpoint()));
    this.#controller = new ServiceController(this.#snapshot(), this.#o.bound, {
      service: SIMULATED_SERVICE,
      settings: this.#o.settings,
      restored: checkpointSchema.parse(stored),
    });
    this.#rounds = this.#newRounds();
    this.#running = true;
    this.#publish(this.#controller.onTimer(this.#nowMs, this.#nowMs));
  }

  get #nowMs(): number {
    return this.#o.clock.nowMs();
  }

  #snapshot(): ServiceSnapshot {
    return snapshotOf(this.#o.state, { algorithm: this.#o.bound.policy.name }, this.#revision);
  }

  #newRounds(): ServiceRounds {
    return new ServiceRounds({
      service: SIMULATED_SERVICE,
      clock: this.#o.clock,
      staleAfterMs: STALE_AFTER_MS,
      maxReporters: MAX_REPORTERS,
      budget: new SampleBudget(MAX_SAMPLES),
      pool: () => this.#controller.pool,
      onRound: (round) => this.#onRound(round),
    });
  }

  #onRound(round: LoadRound): void {
    this.#publish(this.#controller.onRound(round, this.#nowMs, this.#nowMs));
  }

  #sweep(): void {
    if (!this.#running || this.#controller.isSilent(this.#nowMs) === this.#controller.isFrozen) return;
    this.#publish(this.#controller.onTimer(this.#nowMs, this.#nowMs));
  }

  #publish({ plan, pushed, retryInMs }: Decision): void {
    this.#retry?.();
    this.#retry =
      retryInMs === undefined
        ? undefined
        : this.#o.clock.schedule(retryInMs, () => this.#publish(this.#controller.onTimer(this.#nowMs, this.#nowMs)));
    if (pushed === undefined) return;
    const shares = Array.from({ length: this.#o.state.count }, () => 0);
    for (const { instance, share } of plan.entries) shares[hostOf(instance)] = share;
    this.#o.push(assignmentOf(plan, this.#o.state.count), shares);
  }
}

function assignmentOf(plan: WeightPlan, hosts: number): Assignment {
  const weights = new Float64Array(hosts).fill(1);
  for (const { instance, weight } of plan.entries) weights[hostOf(instance)] = weight;
  const healthy = plan.entries.filter(({ health }) => takesTraffic(health)).map(({ instance }) => hostOf(instance));
  return { weights, healthy: Int32Array.from(healthy), enforcement: plan.enforcement };
}
