// Runs one controller per service: follows the catalogue and the rounds of load reports, publishes plans, keeps
// checkpoints. The only place of this folder that holds timers.
import { type BoundPolicy, bindPolicy } from "../balancers/registry.js";
import { SteelyardError } from "../model/errors.js";
import type { Freeze } from "../model/freeze.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { LoadRound } from "../model/load.js";
import { PLAN_MODES, type PlanMode, type WeightPlan } from "../model/plan.js";
import { takeoverServices } from "../model/policy/failover.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy, type ServiceSnapshot } from "../model/service.js";
import type { Cancel, Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import { WatchableMap } from "../runtime/watchable-map.js";
import { type Checkpoint, type CheckpointStore, checkpointSchema } from "./checkpoint.js";
import type { ControlView } from "./control-view.js";
import type { Explanation } from "./explanation.js";
import { type Decision, ServiceController } from "./service-controller.js";
import type { ControlSettings } from "./settings.js";
import { withheldShare } from "./withheld-share.js";

export interface ControlLoopOptions {
  readonly services: WatchableMap<ServiceName, ServiceSnapshot>;
  /** Calls back once per complete round of load reports of a service; returns the unsubscriber. */
  readonly onRound: (handler: (round: LoadRound) => void) => () => void;
  /** Services that an operator froze; the rest is not in it. */
  readonly freezes: WatchableMap<ServiceName, Freeze>;
  readonly checkpoints: CheckpointStore;
  readonly settings: ControlSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

interface Running {
  readonly controller: ServiceController;
  bound: BoundPolicy;
  policy: ServicePolicy;
  retry: Cancel | undefined;
  /** Something was learned since the last checkpoint. */
  dirty: boolean;
}

/** How often silence is noticed. */
const SWEEP_MS = 1_000;
/** How often what was learned is saved when nothing is pushed. */
const CHECKPOINT_MS = 10_000;

export class ControlLoop implements Component, ControlView {
  readonly name = "control";
  readonly plans = new WatchableMap<ServiceName, WeightPlan>();
  readonly #options: ControlLoopOptions;
  readonly #running = new Map<ServiceName, Running>();
  /** Those whose failover names other services. */
  readonly #failingOver = new Set<ServiceName>();
  readonly #stops: (() => void)[] = [];
  #sweep: Cancel | undefined;
  #sinceCheckpointMs = 0;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { services, freezes, onRound } = this.#options;
    // The catalogue as it stands is planned before anyone connects: a proxy that comes back must not find less.
    for (const [service, snapshot] of services.entries()) this.#onCatalogue(service, snapshot);
    this.#stops.push(
      services.subscribe((changes) => {
        for (const [service, snapshot] of changes) this.#onCatalogue(service, snapshot);
        this.#onRelated(new Set([...changes].map(([service]) => service)));
      }),
      freezes.subscribe((changes) => {
        for (const [service, freeze] of changes) this.#onFreeze(service, freeze);
      }),
      onRound((round) => this.#onRound(round)),
    );
    this.#scheduleSweep();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop();
    this.#sweep?.();
    for (const [service, running] of this.#running) {
      running.retry?.();
      this.#save(service, running);
    }
    this.#running.clear();
  }

  explain(service: ServiceName, instance: InstanceId): Explanation | undefined {
    return this.#running.get(service)?.controller.explain(instance);
  }

  #onCatalogue(service: ServiceName, snapshot: ServiceSnapshot | undefined): void {
    const running = this.#running.get(service);
    if (snapshot === undefined) {
      running?.retry?.();
      this.#running.delete(service);
      this.#failingOver.delete(service);
      this.plans.delete(service);
      this.#options.checkpoints.forget(service);
      return;
    }
    this.#noteTakeover(service, snapshot.policy);
    if (running === undefined) {
      this.#begin(service, snapshot);
      return;
    }
    if (running.controller.snapshot === snapshot) return;
    if (!sameAlgorithm(running.policy, snapshot.policy)) running.bound = this.#bind(service, snapshot.policy);
    running.policy = snapshot.policy;
    const { clock } = this.#options;
    const related = this.#related(service, snapshot.policy);
    this.#publish(
      service,
      running,
      running.controller.onCatalogue(snapshot, running.bound, clock.nowMs(), clock.wallMs(), related),
    );
  }

  #noteTakeover(service: ServiceName, policy: ServicePolicy): void {
    if (takeoverServices(service, policy.failover).length > 0) this.#failingOver.add(service);
    else this.#failingOver.delete(service);
  }

  /** Services that take over when this one cannot; those that there are. */
  #related(service: ServiceName, policy: ServicePolicy): readonly ServiceSnapshot[] {
    return takeoverServices(service, policy.failover).flatMap((other) => this.#options.services.get(other) ?? []);
  }

  /** Tells those whose failover leads to services that have changed. */
  #onRelated(changed: ReadonlySet<ServiceName>): void {
    const { clock } = this.#options;
    for (const service of this.#failingOver) {
      const running = this.#running.get(service);
      if (running === undefined) continue;
      if (!takeoverServices(service, running.policy.failover).some((other) => changed.has(other))) continue;
      const related = this.#related(service, running.policy);
      this.#publish(service, running, running.controller.onRelated(related, clock.nowMs(), clock.wallMs()));
    }
  }

  #onFreeze(service: ServiceName, freeze: Freeze | undefined): void {
    const running = this.#running.get(service);
    if (running === undefined) return;
    const { clock } = this.#options;
    this.#publish(service, running, running.controller.onFreeze(freeze, clock.nowMs(), clock.wallMs()));
    // What is held has to outlive a crash, and nothing is pushed that would save it.
    running.dirty = true;
    this.#save(service, running);
  }

  #begin(service: ServiceName, snapshot: ServiceSnapshot): void {
    const { settings, freezes, clock, logger } = this.#options;
    const bound = this.#bind(service, snapshot.policy);
    const nowMs = clock.nowMs();
    const wallMs = clock.wallMs();
    const restored = this.#restore(service);
    const freeze = freezes.get(service);
    const related = this.#related(service, snapshot.policy);
    let controller = new ServiceController(snapshot, bound, {
      service,
      settings,
      freeze,
      related,
      ...(restored === undefined ? {} : { restored }),
    });
    let decision: Decision;
    try {
      decision = controller.onTimer(nowMs, wallMs);
    } catch (thrown) {
      // Only the state of an algorithm, opaque to the schema, can be at fault here: without it there is nothing to trip on.
      logger.error({ service, err: thrown }, "checkpoint cannot be used, learning starts anew");
      controller = new ServiceController(snapshot, bound, { service, settings, freeze, related });
      decision = controller.onTimer(nowMs, wallMs);
    }
    const running: Running = { controller, bound, policy: snapshot.policy, retry: undefined, dirty: false };
    this.#running.set(service, running);
    this.#publish(service, running, decision);
  }

  /** A policy that no longer parses (after an upgrade, say) must not stop the service: it runs on the defaults. */
  #bind(service: ServiceName, policy: ServicePolicy): BoundPolicy {
    try {
      return bindPolicy(policy);
    } catch (thrown) {
      const { code, message } = SteelyardError.from(thrown);
      this.#options.logger.error({ service, code, message }, "policy is not valid, the default policy is used");
      return bindPolicy(DEFAULT_SERVICE_POLICY);
    }
  }

  #restore(service: ServiceName): Checkpoint | undefined {
    const stored = this.#options.checkpoints.load(service);
    if (stored === undefined) return undefined;
    const parsed = checkpointSchema.safeParse(stored);
    if (parsed.success) return parsed.data;
    this.#options.logger.warn(
      { service, issues: parsed.error.issues.slice(0, 3) },
      "checkpoint is not valid, learning starts anew",
    );
    return undefined;
  }

  #onRound(round: LoadRound): void {
    const running = this.#running.get(round.service);
    if (running === undefined) return;
    const { clock, metrics } = this.#options;
    const startMs = clock.nowMs();
    running.dirty = true;
    const decision = running.controller.onRound(round, startMs, clock.wallMs());
    this.#publish(round.service, running, decision);
    metrics.observe("steelyard_control_tick_seconds", (clock.nowMs() - startMs) / 1000);
    const { mode, freeze } = decision.plan;
    const withheld = mode === "shadow" || freeze !== undefined ? withheldShare(decision.plan) : undefined;
    if (withheld !== undefined) metrics.observe("steelyard_control_withheld_ratio", withheld, { mode });
  }

  #publish(service: ServiceName, running: Running, { plan, pushed, retryInMs }: Decision): void {
    const { clock, logger, metrics } = this.#options;
    this.plans.store(service, plan);
    running.retry?.();
    running.retry =
      retryInMs === undefined
        ? undefined
        : clock.schedule(retryInMs, () =>
            this.#publish(service, running, running.controller.onTimer(clock.nowMs(), clock.wallMs())),
          );
    if (pushed === undefined) return;
    metrics.count("steelyard_weight_pushes_total", { reason: pushed });
    logger.debug({ service, revision: plan.revision, reason: pushed, mode: plan.mode }, "weights pushed");
    running.dirty = true;
    this.#save(service, running);
  }

  #save(service: ServiceName, running: Running): void {
    if (!running.dirty) return;
    running.dirty = false;
    this.#options.checkpoints.save(service, running.controller.checkpoint());
  }

  #countModes(): void {
    const services = new Map<PlanMode, number>(PLAN_MODES.map((mode) => [mode, 0]));
    for (const [, { mode }] of this.plans.entries()) services.set(mode, (services.get(mode) ?? 0) + 1);
    for (const [mode, count] of services) this.#options.metrics.gauge("steelyard_control_services", count, { mode });
  }

  #scheduleSweep(): void {
    const { clock } = this.#options;
    this.#sweep = clock.schedule(SWEEP_MS, () => {
      this.#sinceCheckpointMs += SWEEP_MS;
      const checkpointDue = this.#sinceCheckpointMs >= CHECKPOINT_MS;
      if (checkpointDue) this.#sinceCheckpointMs = 0;
      for (const [service, running] of this.#running) {
        const { controller } = running;
        if (controller.isSilent(clock.nowMs()) !== controller.isFrozen) {
          this.#publish(service, running, controller.onTimer(clock.nowMs(), clock.wallMs()));
        }
        if (checkpointDue) this.#save(service, running);
      }
      this.#countModes();
      this.#scheduleSweep();
    });
  }
}

/** Timeouts, say, are no reason to decide anew. */
function sameAlgorithm(a: ServicePolicy, b: ServicePolicy): boolean {
  return a === b || (a.algorithm === b.algorithm && JSON.stringify(a.settings) === JSON.stringify(b.settings));
}
