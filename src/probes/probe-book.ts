// What probes say of all instances: as the overlay of the catalogue it sees every snapshot before anybody else does, so a
// newcomer that has to prove itself is never shown as healthy first. Memory follows the catalogue.
import type { InstanceId, ServiceName } from "../model/ids.js";
import { type CatalogueInstance, effectiveHealth, endpointKey } from "../model/instance.js";
import type { HealthChecks } from "../model/policy/health-checks.js";
import type { ServicePolicy } from "../model/service.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { FailingRecords } from "./failing-records.js";
import { isIsolated, RECENT_MS, type RecentProbes } from "./isolation.js";
import type { ProbeOutcome } from "./outcome.js";
import { PRESUMED, type ProbeState, probeStep, restoredFailing, UNTRIED } from "./probe-state.js";
import { withVerdicts } from "./service-verdicts.js";
import type { ProbeTarget } from "./target.js";

/** One instance that is probed. */
export interface Probed {
  readonly service: ServiceName;
  readonly id: InstanceId;
  /** Which process: another address, port or generation is another instance to us. */
  readonly identity: string;
  readonly state: ProbeState;
}

interface Cell extends Probed {
  readonly address: string;
  readonly port: number;
  state: ProbeState;
  /** When it was last found to answer, or not. */
  lastAtMs: number;
  lastAnswered: boolean;
}

interface ProbedService {
  policy: ServicePolicy;
  checks: HealthChecks;
  readonly cells: Map<InstanceId, Cell>;
  ignored: boolean;
}

export interface ProbeBookOptions {
  readonly records: Pick<FailingRecords, "of" | "put" | "delete" | "retain">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
}

export interface ProbeBookEvents {
  onJoin(probed: Probed): void;
  onLeave(probed: Probed): void;
  /** The checks of a service are others now. */
  onChecks(service: ServiceName): void;
}

/** How long the answer to "are we cut off?" holds; it takes a look at every instance. */
const ISOLATION_CACHE_MS = 250;
const VERDICTS = ["untried", "passing", "failing"] as const;

export class ProbeBook {
  readonly #options: ProbeBookOptions;
  readonly #services = new Map<ServiceName, ProbedService>();
  #events: ProbeBookEvents | undefined;
  readonly #counts = { untried: 0, passing: 0, failing: 0 };
  #ignoredServices = 0;
  #isolated = false;
  #isolationAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProbeBookOptions) {
    this.#options = options;
  }

  /** From now on newcomers have to prove themselves; what was there before is presumed to pass. */
  begin(events: ProbeBookEvents): void {
    this.#events = events;
    for (const { cells } of this.#services.values()) for (const cell of cells.values()) events.onJoin(cell);
    this.#options.records.retain(
      (service, id) => this.#services.get(service)?.cells.get(id)?.state.verdict === "failing",
    );
  }

  end(): void {
    this.#events = undefined;
  }

  /** The instances of a service with the word of their probes. Called with every snapshot, in every change. */
  overlay(
    service: ServiceName,
    policy: ServicePolicy,
    instances: readonly CatalogueInstance[],
  ): readonly CatalogueInstance[] {
    const checks = policy.healthChecks?.by === "server" ? policy.healthChecks : undefined;
    const known = this.#services.get(service);
    if (checks === undefined) {
      if (known === undefined) return instances;
      this.#drop(service, known);
      return instances.map(withoutProbe);
    }
    const probed = known ?? { policy, checks, cells: new Map<InstanceId, Cell>(), ignored: false };
    if (known === undefined) this.#services.set(service, probed);
    const otherPolicy = probed.policy !== policy;
    probed.policy = policy;
    probed.checks = checks;
    this.#follow(service, probed, instances, known !== undefined && this.#events !== undefined);
    if (otherPolicy) this.#events?.onChecks(service);
    const { instances: shown, ignored } = withVerdicts(instances, (id) => probed.cells.get(id)?.state);
    this.#note(service, probed, ignored);
    this.#gauges();
    return shown;
  }

  checksOf(service: ServiceName): HealthChecks | undefined {
    return this.#services.get(service)?.checks;
  }

  targetOf({ service, id }: Probed): ProbeTarget | undefined {
    const known = this.#services.get(service);
    const cell = known?.cells.get(id);
    if (known === undefined || cell === undefined) return undefined;
    const { protocol, tls } = known.policy;
    return { address: cell.address, port: cell.port, service, protocol, tls };
  }

  /** Whether it is still this one that is probed. */
  has(probed: Probed): boolean {
    return this.#services.get(probed.service)?.cells.get(probed.id) === probed;
  }

  /** Takes the outcome of a probe. Returns whether the catalogue has to be told. */
  record(probed: Probed, outcome: ProbeOutcome): boolean {
    const known = this.#services.get(probed.service);
    const cell = known?.cells.get(probed.id);
    if (known === undefined || cell !== probed) return false;
    cell.lastAtMs = this.#options.clock.nowMs();
    cell.lastAnswered = outcome.healthy || outcome.answered;
    const before = cell.state;
    const frozen = !outcome.healthy && before.verdict !== "failing" && this.#isIsolated();
    cell.state = probeStep(before, outcome, known.checks, frozen);
    this.#count(before, -1);
    this.#count(cell.state, 1);
    const { verdict, answered, detail } = cell.state;
    const moved = verdict !== before.verdict;
    if (!moved && detail === before.detail) return false;
    if (moved) this.#report(cell, before.verdict);
    if (verdict === "failing") {
      this.#options.records.put(cell.service, cell.id, { identity: cell.identity, answered, detail });
    } else if (before.verdict === "failing") this.#options.records.delete(cell.service, cell.id);
    return true;
  }

  #follow(
    service: ServiceName,
    { cells }: ProbedService,
    instances: readonly CatalogueInstance[],
    mustProve: boolean,
  ): void {
    const present = new Set<InstanceId>();
    for (const instance of instances) {
      const { id, address, port } = instance;
      present.add(id);
      const identity = identityOf(instance);
      const known = cells.get(id);
      if (known?.identity === identity) continue;
      if (known) this.#leave(cells, known);
      const stored = this.#options.records.of(service, id, identity);
      const unproven = mustProve ? UNTRIED : PRESUMED;
      const state = stored === undefined ? unproven : restoredFailing(stored.answered, stored.detail);
      const never = { lastAtMs: Number.NEGATIVE_INFINITY, lastAnswered: true };
      const cell: Cell = { service, id, identity, address, port, state, ...never };
      cells.set(id, cell);
      this.#count(state, 1);
      this.#events?.onJoin(cell);
    }
    for (const [id, cell] of cells) if (!present.has(id)) this.#leave(cells, cell);
  }

  #leave(cells: Map<InstanceId, Cell>, cell: Cell): void {
    cells.delete(cell.id);
    this.#count(cell.state, -1);
    if (cell.state.verdict === "failing") this.#options.records.delete(cell.service, cell.id);
    this.#events?.onLeave(cell);
  }

  #drop(service: ServiceName, probed: ProbedService): void {
    for (const cell of probed.cells.values()) this.#leave(probed.cells, cell);
    if (probed.ignored) this.#ignoredServices -= 1;
    this.#services.delete(service);
    this.#gauges();
  }

  /** @param ignored nobody passes; worth a word when it is for failures, not for want of probes */
  #note(service: ServiceName, probed: ProbedService, ignored: boolean): void {
    const failing = ignored && [...probed.cells.values()].some(({ state }) => state.verdict === "failing");
    if (failing === probed.ignored) return;
    probed.ignored = failing;
    this.#ignoredServices += failing ? 1 : -1;
    const words = failing ? "no instance passes its probes, which are ignored" : "probes count again";
    this.#options.logger.warn({ service }, words);
  }

  #report({ service, id, state }: Cell, before: ProbeState["verdict"]): void {
    const { logger, metrics } = this.#options;
    metrics.count("steelyard_probe_transitions_total", { to: state.verdict });
    logger.info({ service, instance: id, from: before, to: state.verdict, detail: state.detail }, "probe verdict");
  }

  #isIsolated(): boolean {
    const { clock, logger, metrics } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs - this.#isolationAtMs < ISOLATION_CACHE_MS) return this.#isolated;
    this.#isolationAtMs = nowMs;
    const isolated = isIsolated(this.#recent(nowMs - RECENT_MS));
    if (isolated !== this.#isolated) {
      this.#isolated = isolated;
      metrics.gauge("steelyard_probe_isolated", isolated ? 1 : 0);
      if (isolated) logger.warn({}, "most instances of most services are silent: verdicts of probes are frozen");
      else logger.info({}, "verdicts of probes are free again");
    }
    return isolated;
  }

  *#recent(sinceMs: number): Generator<RecentProbes> {
    for (const { cells } of this.#services.values()) {
      let probed = 0;
      let unanswered = 0;
      for (const { lastAtMs, lastAnswered } of cells.values()) {
        if (lastAtMs < sinceMs) continue;
        probed += 1;
        if (!lastAnswered) unanswered += 1;
      }
      yield { probed, unanswered };
    }
  }

  #count({ verdict }: ProbeState, by: number): void {
    this.#counts[verdict] += by;
  }

  #gauges(): void {
    const { metrics } = this.#options;
    for (const verdict of VERDICTS) metrics.gauge("steelyard_probe_instances", this.#counts[verdict], { verdict });
    metrics.gauge("steelyard_probe_ignored_services", this.#ignoredServices);
  }
}

function identityOf({ address, port, generation }: CatalogueInstance): string {
  return `${endpointKey(address, port)} ${generation}`;
}

function withoutProbe(instance: CatalogueInstance): CatalogueInstance {
  const { probe: _probe, ...rest } = instance;
  return { ...rest, health: effectiveHealth(instance, instance.lease) };
}
