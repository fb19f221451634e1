// A fluid model of Envoy's LEAST_REQUEST over hosts of c slots, to close the control loop in tests: shares follow
// `weight / (active + 1)`, latencies follow Sakasegawa's M/M/c approximation, counters carry Poisson noise.
import { bindPolicy } from "../../src/balancers/registry.js";
import { type Decision, ServiceController } from "../../src/control/service-controller.js";
import { type ControlSettings, DEFAULT_CONTROL_SETTINGS } from "../../src/control/settings.js";
import type { Freeze } from "../../src/model/freeze.js";
import type { HealthStatus } from "../../src/model/health.js";
import type { InstanceId, ServiceName } from "../../src/model/ids.js";
import type { CatalogueInstance } from "../../src/model/instance.js";
import type { EndpointLoad, LoadRound } from "../../src/model/load.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy, type ServiceSnapshot } from "../../src/model/service.js";
import { type Rng, seededRng } from "../../src/runtime/rng.js";
import { catalogueInstance } from "./instance.js";

export interface Host {
  readonly id: string;
  readonly slots: number;
  serviceMs: number;
  errorRate: number;
  health: HealthStatus;
}

export const SERVICE = "shop" as ServiceName;

export function host(id: string, slots: number): Host {
  return { id, slots, serviceMs: 20, errorRate: 0, health: "HEALTHY" };
}

export function instanceOf({ id, health }: Pick<Host, "id" | "health">, port: number): CatalogueInstance {
  return catalogueInstance(SERVICE, id, { port, health });
}

export interface PlantOptions {
  readonly hosts: Host[];
  readonly rps: number;
  readonly workers?: number;
  readonly seed?: number;
  readonly algorithm?: string;
  readonly settings?: ControlSettings;
  /** A controller that knows these hosts already. */
  readonly controller?: ServiceController;
  /** Default: enforce. */
  readonly control?: ServicePolicy["control"];
}

export interface Second {
  readonly decision: Decision;
  /** Real traffic shares by host id. */
  readonly shares: ReadonlyMap<string, number>;
  readonly errors: number;
  readonly meanMs: number;
}

export class Plant {
  readonly hosts: Host[];
  rps: number;
  readonly controller: ServiceController;
  decision: Decision;
  pushes = 0;
  nowMs = 0;
  readonly #workers: number;
  readonly #rng: Rng;
  readonly #bound;
  #control: ServicePolicy["control"];
  #shares: number[];

  constructor({
    hosts,
    rps,
    workers = 1,
    seed = 1,
    algorithm = "adaptive",
    settings = DEFAULT_CONTROL_SETTINGS,
    controller,
    control = DEFAULT_SERVICE_POLICY.control,
  }: PlantOptions) {
    this.#control = control;
    this.hosts = hosts;
    this.rps = rps;
    this.#workers = workers;
    this.#rng = seededRng(seed);
    this.#bound = bindPolicy({ algorithm, settings: {} });
    this.controller =
      controller ?? new ServiceController(this.#snapshot(), this.#bound, { service: SERVICE, settings });
    this.decision = this.controller.onTimer(0, 0);
    this.#shares = hosts.map(() => 1 / hosts.length);
  }

  /** Runs `count` seconds and returns them. */
  run(count: number): Second[] {
    return Array.from({ length: count }, () => this.second());
  }

  /** Tells the controller about changed members or health. */
  catalogueChanged(): void {
    this.#note(this.controller.onCatalogue(this.#snapshot(), this.#bound, this.nowMs, this.nowMs));
    this.#shares = this.hosts.map((_, i) => this.#shares[i] ?? 0.01);
  }

  /** Shadow, blend: the service policy changes. */
  controlChanged(control: ServicePolicy["control"]): void {
    this.#control = control;
    this.catalogueChanged();
  }

  /** An operator freezes the weights, or lifts that. */
  freeze(freeze: Freeze | undefined): void {
    this.#note(this.controller.onFreeze(freeze, this.nowMs, this.nowMs));
  }

  second(): Second {
    this.nowMs += 1_000;
    const shares = this.#settle();
    const loads = new Map<InstanceId, EndpointLoad>();
    let errors = 0;
    let completions = 0;
    let latencySum = 0;
    this.hosts.forEach((target, i) => {
      const rate = this.rps * (shares[i] ?? 0);
      const count = this.#poisson(rate);
      const failed = Array.from({ length: count }, () => this.#rng.next() < target.errorRate).filter(Boolean).length;
      const latencyMs = this.#latencyMs(target, rate);
      const good = count - failed;
      const measured = good > 0 ? latencyMs * this.#meanOfExponentials(good) : undefined;
      errors += failed;
      completions += count;
      latencySum += good * latencyMs;
      if (count > 0)
        loads.set(target.id as InstanceId, load(target.id, count, failed, (rate * latencyMs) / 1000, measured));
    });
    const round: LoadRound = {
      service: SERVICE,
      intervalMs: 1_000,
      reporters: 1,
      workers: this.#workers,
      origins: [],
      loads,
      signalMode: "L",
    };
    this.#note(this.controller.onRound(round, this.nowMs, this.nowMs));
    return {
      decision: this.decision,
      shares: new Map(this.hosts.map(({ id }, i) => [id, shares[i] ?? 0])),
      errors: completions > 0 ? errors / completions : 0,
      meanMs: latencySum / Math.max(1, completions - errors),
    };
  }

  #note(decision: Decision): void {
    this.decision = decision;
    if (decision.pushed !== undefined) this.pushes += 1;
  }

  #snapshot(): ServiceSnapshot {
    const instances = this.hosts
      .map((target, i) => instanceOf(target, 9000 + i))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const policy = { ...DEFAULT_SERVICE_POLICY, control: this.#control };
    return { service: SERVICE, policy, instances, revision: 1, declared: false };
  }

  /** Fixed point of share ∝ weight / (active + 1), by damped iteration. */
  #settle(): number[] {
    const weights = this.hosts.map(({ id, health }) => {
      const entry = this.decision.plan.entries.find(({ instance }) => instance === id);
      return health === "HEALTHY" ? (entry?.weight ?? 0) : 0;
    });
    let shares = this.#shares;
    for (let i = 0; i < 300; i++) {
      const pull = this.hosts.map((target, k) => {
        const rate = this.rps * (shares[k] ?? 0);
        return (weights[k] ?? 0) / (1 + (rate * this.#latencyMs(target, rate)) / 1000 / this.#workers);
      });
      const total = pull.reduce((sum, value) => sum + value, 0);
      shares = shares.map((share, k) => 0.8 * share + (0.2 * (pull[k] ?? 0)) / total);
    }
    this.#shares = shares;
    return shares;
  }

  #latencyMs({ slots, serviceMs, errorRate }: Host, rate: number): number {
    if (errorRate >= 1) return 1;
    const load = Math.min(0.995, (rate * serviceMs) / 1000 / slots);
    return serviceMs * (1 + load ** (Math.sqrt(2 * (slots + 1)) - 1) / (slots * (1 - load)));
  }

  /** Relative to its expectation. */
  #meanOfExponentials(count: number): number {
    if (count > 30) return 1 + this.#gauss() / Math.sqrt(count);
    let sum = 0;
    for (let i = 0; i < count; i++) sum -= Math.log(1 - this.#rng.next());
    return sum / count;
  }

  #poisson(mean: number): number {
    if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.#gauss()));
    let product = this.#rng.next();
    let count = 0;
    for (const limit = Math.exp(-mean); product > limit; count++) product *= this.#rng.next();
    return count;
  }

  #gauss(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#rng.next())) * Math.cos(2 * Math.PI * this.#rng.next());
  }
}

function load(
  id: string,
  completions: number,
  errors: number,
  inFlight: number,
  latencyMs: number | undefined,
): EndpointLoad {
  const successes = completions - errors;
  return {
    instance: id as InstanceId,
    successes,
    errors,
    issued: completions,
    inFlight: Math.round(inFlight),
    rps: completions,
    errorRate: completions > 0 ? errors / completions : undefined,
    latencyMs: latencyMs === undefined ? undefined : Math.max(0.1, latencyMs),
    latencyCount: latencyMs === undefined ? 0 : successes,
    latencySource: latencyMs === undefined ? "none" : "envoy",
    ageMs: 0,
    confidence: completions / (completions + 20),
  };
}
