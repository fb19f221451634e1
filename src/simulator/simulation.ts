// One run: plan + policy + seed → what happened. Wires plant, proxies, telemetry and control plane on one event queue.
// Invariant: the same plan, policy, settings and seed give the same run, bit for bit.
import type { ControlSettings } from "../control/settings.js";
import type { Rng } from "../runtime/rng.js";
import { hostOf } from "./control-plane/catalogue.js";
import type { ControlPlane } from "./control-plane/control-plane.js";
import { EventKind } from "./engine/event-kind.js";
import { EventQueue } from "./engine/event-queue.js";
import { randomStream } from "./engine/random-stream.js";
import { VirtualClock } from "./engine/virtual-clock.js";
import { createPicker } from "./envoy/create-picker.js";
import { LoadReporter } from "./envoy/load-reporter.js";
import type { Picker } from "./envoy/picker.js";
import { type Assignment, Proxies } from "./envoy/proxies.js";
import { createLibraryBalancer } from "./library/balancers.js";
import { LibraryPicker } from "./library/library-picker.js";
import { Recorder } from "./measure/recorder.js";
import type { PushRecord } from "./measure/steadiness.js";
import { Backends } from "./plant/backends.js";
import { DataPlane } from "./plant/data-plane.js";
import type { HostChange } from "./plant/host-change.js";
import { HostState } from "./plant/host-state.js";
import { RequestPool } from "./plant/request-pool.js";
import { createControlPlane } from "./policies.js";
import type { SimulationPlan, TimelineEvent } from "./simulation-plan.js";
import { Arrivals } from "./traffic/arrivals.js";
import { runBursts } from "./traffic/bursts.js";
import { ProxyChoice } from "./traffic/proxy-skew.js";
import { samplerOf } from "./traffic/service-law.js";
import { chooseSubsets } from "./traffic/subsets.js";

export interface RunOptions {
  readonly plan: SimulationPlan;
  readonly policy: string;
  /** Integer; runs of the same seed meet the same arrivals and the same work. */
  readonly seed: number;
  readonly controlSettings: ControlSettings;
  readonly policySettings: Readonly<Record<string, unknown>>;
}

export interface Run {
  readonly recorder: Recorder;
  readonly pushes: readonly PushRecord[];
  readonly events: number;
}

/** @throws SteelyardError ERR_UNKNOWN_POLICY, ERR_INVALID_REQUEST */
export function run(options: RunOptions): Run {
  return new Simulation(options).run();
}

class Simulation {
  readonly #plan: SimulationPlan;
  readonly #seed: number;
  readonly #queue = new EventQueue();
  readonly #clock = new VirtualClock(this.#queue);
  readonly #requests = new RequestPool();
  readonly #state: HostState;
  readonly #recorder: Recorder;
  readonly #backends: Backends;
  readonly #proxies: Proxies;
  readonly #arrivals: Arrivals;
  readonly #dataPlane: DataPlane;
  readonly #controlPlane: ControlPlane;
  readonly #pushes: PushRecord[] = [];
  #loadFactor = 1;
  #burstLevel = 1;
  #connected = true;
  #assignment: Assignment | undefined;

  constructor({ plan, policy, seed, controlSettings, policySettings }: RunOptions) {
    this.#plan = plan;
    this.#seed = seed;
    const queue = this.#queue;
    const requests = this.#requests;
    this.#state = new HostState(plan.hosts);
    this.#recorder = new Recorder(plan, queue);
    this.#backends = new Backends({
      queue,
      clock: this.#clock,
      state: this.#state,
      requests,
      meanServiceMs: plan.meanServiceMs,
      onBusy: (fromMs, toMs, host) => this.#recorder.busy(fromMs, toMs, host),
    });
    this.#proxies = new Proxies({
      proxies: plan.proxies,
      workers: plan.workers,
      hosts: plan.hosts.length,
      createPicker: (enforcement, active, rng) => this.#createPicker(enforcement, active, rng),
      rngOf: (proxy, worker) => randomStream(seed, "picks", proxy * plan.workers + worker),
      subsets: chooseSubsets(plan, randomStream(seed, "proxies", 2)),
    });
    this.#arrivals = new Arrivals(queue, randomStream(seed, "arrivals"), plan.rateRps);
    this.#dataPlane = new DataPlane({
      plan,
      queue,
      state: this.#state,
      requests,
      backends: this.#backends,
      proxies: this.#proxies,
      arrivals: this.#arrivals,
      demand: samplerOf(plan.law, randomStream(seed, "demands")),
      proxyChoice: new ProxyChoice(plan.skew, plan.proxies, randomStream(seed, "proxies")),
      workerRng: randomStream(seed, "proxies", 1),
      failureRng: randomStream(seed, "faults"),
      observer: this.#recorder,
    });
    this.#controlPlane = createControlPlane(policy, {
      clock: this.#clock,
      state: this.#state,
      plan,
      push: (assignment, shares) => this.#push(assignment, shares),
      controlSettings,
      policySettings,
    });
  }

  run(): Run {
    const plan = this.#plan;
    // A later entry of the timeline may undo an earlier one of the same moment: the order of the list is kept.
    for (const event of plan.timeline) this.#clock.schedule(event.atMs, () => this.#happen(event));
    this.#startTelemetry();
    if (plan.bursts === undefined) this.#arrivals.start();
    else
      runBursts(this.#clock, randomStream(this.#seed, "bursts"), plan.bursts, (level) => {
        this.#burstLevel = level;
        this.#setRate();
      });
    const events = this.#loop();
    this.#recorder.close(plan.totalMs, this.#requests);
    return { recorder: this.#recorder, pushes: this.#pushes, events };
  }

  #createPicker(enforcement: Assignment["enforcement"], active: Int32Array, rng: Rng): Picker {
    if (enforcement.policy !== "library") return createPicker(enforcement, active, rng);
    const clock = this.#clock;
    const answerProbe = (id: string) => this.#backends.probe(hostOf(id));
    return new LibraryPicker(createLibraryBalancer(enforcement.balancer, { clock, rng, answerProbe }));
  }

  #loop(): number {
    const queue = this.#queue;
    const dataPlane = this.#dataPlane;
    const endMs = this.#plan.totalMs;
    let events = 0;
    while (queue.pop() && queue.timeMs < endMs) {
      events += 1;
      switch (queue.kind) {
        case EventKind.arrival:
          dataPlane.arrive(queue.payload);
          break;
        case EventKind.served:
          dataPlane.served(queue.payload);
          break;
        case EventKind.answer:
          dataPlane.answer(queue.payload);
          break;
        case EventKind.deliver:
          dataPlane.deliver(queue.payload);
          break;
        case EventKind.deadline:
          dataPlane.deadline();
          break;
        default:
          this.#clock.fire(queue.payload);
      }
    }
    return events;
  }

  #startTelemetry(): void {
    const { proxies, workers, telemetry } = this.#plan;
    for (let proxy = 0; proxy < proxies; proxy++) {
      new LoadReporter({
        clock: this.#clock,
        proxies: this.#proxies,
        proxy,
        workers,
        spec: telemetry,
        rng: randomStream(this.#seed, "telemetry", proxy),
        deliver: (report) => {
          if (this.#connected) this.#controlPlane.record(report);
        },
      }).start();
    }
  }

  #happen(event: TimelineEvent): void {
    switch (event.kind) {
      case "load":
        this.#loadFactor = event.factor;
        this.#setRate();
        return;
      case "control-plane":
        this.#connected = event.state === "up";
        if (this.#connected) this.#controlPlane.restart();
        else this.#controlPlane.stop();
        return;
      case "hosts":
        this.#changeHosts(event.hosts, event.change);
    }
  }

  #changeHosts(hosts: readonly number[], change: HostChange): void {
    for (const host of hosts) {
      this.#state.apply(host, change, this.#clock.nowMs());
      this.#backends.changed(host);
    }
    this.#controlPlane.worldChanged();
    // The end of a pause is a change as well.
    if (change.kind === "pause") this.#clock.schedule(change.forMs, () => this.#controlPlane.worldChanged());
  }

  #setRate(): void {
    this.#arrivals.setRate(this.#plan.rateRps * this.#loadFactor * this.#burstLevel);
  }

  #push(assignment: Assignment, shares: readonly number[]): void {
    this.#pushes.push({ atMs: this.#clock.nowMs(), shares });
    const first = this.#assignment === undefined;
    this.#assignment = assignment;
    for (const [proxy, delayMs] of this.#plan.pushDelaysMs.entries()) {
      if (first) this.#proxies.apply(proxy, assignment);
      else
        this.#clock.schedule(delayMs, () => {
          // Overtaken by a newer one, it is never sent: one response in flight, the newest wins.
          if (this.#assignment === assignment) this.#proxies.apply(proxy, assignment);
        });
    }
  }
}
