// One service's reports, gathered into rounds: ticking per round, not per report, keeps several proxies from driving the
// control loop several times with a fraction of the data each. A round is complete when every live proxy has reported
// since the last one; a late proxy is waited for until 1.5 intervals after the round's first report; one that is silent
// for three intervals is no longer live. A round that a new proxy joined stays open for a moment more, so that proxies
// which reconnect together (as all do after a restart of ours) share their rounds from then on.
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { EndpointLoad, LoadRound, LoadSample, SignalMode } from "../model/load.js";
import type { Zone } from "../model/zone.js";
import type { Cancel, Clock } from "../runtime/clock.js";
import { lowerMedian } from "../stats/median.js";
import type { Attempt } from "./attempt.js";
import { AttemptBook } from "./attempt-book.js";
import { BackendReports } from "./backend-reports.js";
import { callOrigins } from "./call-origins.js";
import { hear, sumGauges } from "./disagreement.js";
import { endpointMemory, littleAt, setLittle } from "./endpoint-memory.js";
import { type Gauges, gaugesOf } from "./gauges.js";
import type { HeartbeatLoad } from "./heartbeat-load.js";
import { LITTLE_START } from "./littles-law.js";
import { addSamples } from "./load-sample.js";
import { type Contribution, type EndpointTotal, endpointLoad, IDLE, meanIntervalMs } from "./round-aggregate.js";
import { scheduleDeadline } from "./round-clock.js";
import { SampleBudget } from "./sample-budget.js";
import { MODE_START, type ModeState, modeStep } from "./signal-mode.js";

const LATE_INTERVALS = 1.5;
const EXPIRY_INTERVALS = 3;
/** Two rounds are never closer than this, so that a burst of reports is one round. */
const SPACING_INTERVALS = 0.5;
/** Well below 1 - SPACING_INTERVALS: the next report of a proxy that joined alone must not fall into the spacing. */
const JOIN_INTERVALS = 0.3;
/** We ask for reports every second or two, so whoever claims much longer intervals is not waited for. */
const MAX_CADENCE_MS = 5_000;

export interface ServiceReport {
  readonly node: string;
  readonly workers: number;
  /** Where the proxy stands; empty texts = it does not say. */
  readonly origin: Zone;
  readonly intervalMs: number;
  readonly samples: ReadonlyMap<InstanceId, LoadSample>;
}

export interface ServiceRoundsOptions {
  readonly service: ServiceName;
  readonly clock: Clock;
  /** How long an endpoint that no report mentions is still carried as idle. */
  readonly staleAfterMs: number;
  readonly maxReporters: number;
  /** Instances that may take traffic now: those whose utilisation decides about mode U. */
  readonly pool: () => readonly InstanceId[];
  /** Whether its gauges are of connections; default: of requests. */
  readonly countsConnections?: () => boolean;
  readonly budget: SampleBudget;
  /** Of endpoints with sampled attempts; default: none. */
  readonly attemptBudget?: SampleBudget;
  readonly onRound: (round: LoadRound, closedBy: "complete" | "late") => void;
}

export interface SignalStatus {
  /** Proxies that report this service. */
  readonly reporters: number;
  /** Their worker threads. */
  readonly workers: number;
  /** Proxies that the open round waits for, or would wait for. */
  readonly awaited: readonly string[];
  /** undefined before the first round. */
  readonly lastRoundAgeMs: number | undefined;
  readonly signalMode: SignalMode;
}

interface ReporterState {
  workers: number;
  origin: Zone;
  /** How often it reports: the interval of its last report, bounded. */
  cadenceMs: number;
  heardAtMs: number;
  /** Of its last report; they hold until the next one. */
  gauges: Gauges;
  /** What it counted since the last round; undefined = it has not reported yet. */
  open: Contribution | undefined;
}

export class ServiceRounds {
  readonly #options: ServiceRoundsOptions;
  readonly #reporters = new Map<string, ReporterState>();
  readonly #awaited = new Set<string>();
  readonly #endpoints = endpointMemory();
  readonly #backends = new BackendReports(this.#endpoints);
  readonly #attempts: AttemptBook;
  #mode: ModeState = MODE_START;
  #closedAtMs: number | undefined;
  /** Set while a round is open. */
  #cancelDeadline: Cancel | undefined;
  /** Whether a new proxy reported in the open round; `settling` once that round is complete. */
  #joining: "no" | "joined" | "settling" = "no";

  constructor(options: ServiceRoundsOptions) {
    this.#options = options;
    this.#attempts = new AttemptBook(options.attemptBudget ?? new SampleBudget(0));
  }

  /** Takes one report; says why when it does not. May deliver a round before it returns. */
  record(report: ServiceReport): "taken" | "reporter_limit" | "sample_limit" {
    const { clock, budget, maxReporters } = this.#options;
    const known = this.#reporters.get(report.node);
    if (known === undefined && this.#reporters.size >= maxReporters) return "reporter_limit";
    if (!budget.exchange(known?.gauges.ids.length ?? 0, report.samples.size)) return "sample_limit";
    const nowMs = clock.nowMs();
    const open = known?.open === undefined ? report : addContributions(known.open, report);
    const { node, workers, origin, samples } = report;
    const gauges = gaugesOf(samples);
    const cadenceMs = Math.min(report.intervalMs, MAX_CADENCE_MS);
    this.#reporters.set(node, { workers, origin, cadenceMs, heardAtMs: nowMs, gauges, open });
    this.#awaited.delete(node);
    if (known === undefined && this.#joining === "no") this.#joining = "joined";
    for (const id of gauges.ids) {
      const slot = this.#endpoints.join(id);
      this.#endpoints.columns.mentionedAtMs[slot] = nowMs;
    }
    this.#cancelDeadline ??= scheduleDeadline(clock, LATE_INTERVALS * this.#patienceMs(), () => this.#close("late"));
    this.#closeIfComplete();
    return "taken";
  }

  /** What an instance said of itself; counts from the next round on. @param beatMs when it was told to beat next */
  recordBeat(instance: InstanceId, load: HeartbeatLoad, beatMs: number): void {
    this.#backends.recordBeat(instance, load, this.#options.clock.nowMs(), beatMs);
  }

  /** One sampled try at an instance; says whether there was room. Counts from the next round on. */
  recordAttempt(instance: InstanceId, attempt: Attempt): boolean {
    return this.#attempts.record(instance, attempt, this.#options.clock.nowMs());
  }

  /** The proxy is gone: its gauges no longer count and nobody waits for it. */
  forgetNode(node: string): void {
    const state = this.#reporters.get(node);
    if (state === undefined) return;
    this.#drop(node, state);
    this.#closeIfComplete();
  }

  /** Drops proxies that fell silent. Rounds do that by themselves; this is for services without any report left. */
  expire(): void {
    const nowMs = this.#options.clock.nowMs();
    this.#backends.prune(nowMs);
    this.#attempts.prune(nowMs);
    for (const [node, state] of this.#reporters) {
      const silentMs = nowMs - state.heardAtMs;
      if (state.open === undefined && silentMs > EXPIRY_INTERVALS * state.cadenceMs) this.#drop(node, state);
    }
  }

  status(): SignalStatus {
    const { clock } = this.#options;
    return {
      reporters: this.#reporters.size,
      workers: this.#workers(),
      awaited: [...this.#awaited],
      lastRoundAgeMs: this.#closedAtMs === undefined ? undefined : clock.nowMs() - this.#closedAtMs,
      signalMode: this.#mode.mode,
    };
  }

  /** Gives back all it holds. */
  dispose(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    for (const [node, state] of this.#reporters) this.#drop(node, state);
    this.#attempts.clear();
  }

  #drop(node: string, state: ReporterState): void {
    this.#options.budget.exchange(state.gauges.ids.length, 0);
    this.#reporters.delete(node);
    this.#awaited.delete(node);
  }

  #workers(): number {
    let workers = 0;
    for (const state of this.#reporters.values()) workers += state.workers;
    return workers;
  }

  /** How long an interval is, as the slower proxies have it; one proxy alone cannot stretch it more than twofold. */
  #patienceMs(): number {
    const typicalMs = this.#typicalMs();
    let longestMs = typicalMs;
    for (const { cadenceMs } of this.#reporters.values()) longestMs = Math.max(longestMs, cadenceMs);
    return Math.min(longestMs, 2 * typicalMs);
  }

  #typicalMs(): number {
    return lowerMedian(Array.from(this.#reporters.values(), (state) => state.cadenceMs)) ?? 0;
  }

  #closeIfComplete(): void {
    if (this.#awaited.size > 0 || this.#cancelDeadline === undefined || this.#joining === "settling") return;
    const { clock } = this.#options;
    const typicalMs = this.#typicalMs();
    const sinceMs = clock.nowMs() - (this.#closedAtMs ?? Number.NEGATIVE_INFINITY);
    const spacingMs = SPACING_INTERVALS * typicalMs - sinceMs;
    if (this.#joining === "joined") {
      this.#joining = "settling";
      this.#cancelDeadline();
      const settleMs = Math.max(JOIN_INTERVALS * typicalMs, spacingMs);
      this.#cancelDeadline = scheduleDeadline(clock, settleMs, () => this.#close("complete"));
    } else if (spacingMs <= 0) this.#close("complete");
  }

  #close(closedBy: "complete" | "late"): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    this.#joining = "no";
    const nowMs = this.#options.clock.nowMs();
    const contributions: Contribution[] = [];
    for (const { open } of this.#reporters.values()) if (open) contributions.push(open);
    if (contributions.length === 0) return; // whoever had reported is gone again
    this.expire();
    this.#closedAtMs = nowMs;
    const round = this.#aggregate(contributions, nowMs);
    for (const [node, state] of this.#reporters) {
      state.open = undefined;
      this.#awaited.add(node);
    }
    this.#options.onRound(round, closedBy);
  }

  #aggregate(contributions: readonly Contribution[], nowMs: number): LoadRound {
    const intervalMs = meanIntervalMs(contributions);
    const totals = hear(contributions);
    const inFlight = sumGauges(Array.from(this.#reporters.values(), ({ gauges }) => gauges));
    this.#hearBackends(totals, nowMs, intervalMs);
    const ofConnections = this.#options.countsConnections?.() === true;
    const loads = new Map<InstanceId, EndpointLoad>();
    const sums = { intervalMs, successes: 0, errors: 0, measured: 0, little: false };
    const { mentionedAtMs } = this.#endpoints.columns;
    for (const [instance, slot] of this.#endpoints.entries()) {
      const ageMs = nowMs - (mentionedAtMs[slot] ?? 0);
      if (ageMs > this.#options.staleAfterMs) {
        this.#endpoints.leave(instance);
        continue;
      }
      const total = totals.get(instance) ?? IDLE;
      const gauge = inFlight.get(instance) ?? 0;
      const { load, little } = endpointLoad({
        instance,
        total,
        inFlight: ofConnections ? 0 : gauge,
        openConnections: ofConnections ? gauge : undefined,
        intervalMs,
        ageMs,
        little: littleAt(this.#endpoints, slot),
        report: this.#backends.of(instance, nowMs),
        sample: this.#attempts.takeRound(instance, nowMs),
      });
      setLittle(this.#endpoints, slot, little);
      loads.set(instance, load);
      sums.successes += load.successes;
      sums.errors += load.errors;
      // A sample stands for all that it was drawn from.
      const sampled = load.latencySource === "access-log" ? load.successes : 0;
      sums.measured += total.sample.latency.count + total.sample.failedLatency.count + sampled;
      sums.little ||= load.latencySource === "little";
    }
    for (const [instance, ageMs] of this.#backends.beatAges(nowMs)) {
      if (loads.has(instance)) continue; // no proxy has sent it anything yet
      const report = this.#backends.of(instance, nowMs);
      const idle = { instance, total: IDLE, inFlight: 0, intervalMs, ageMs, little: LITTLE_START, report };
      loads.set(instance, endpointLoad(idle).load);
    }
    const pool = this.#options.pool();
    const utilized = pool.filter((id) => this.#backends.hasUtilization(id, nowMs)).length;
    this.#mode = modeStep(this.#mode, { ...sums, pool: pool.length, utilized });
    return {
      service: this.#options.service,
      intervalMs,
      reporters: this.#reporters.size,
      workers: Math.max(1, this.#workers()),
      origins: callOrigins(this.#reporters.values()),
      loads,
      signalMode: this.#mode.mode,
    };
  }

  #hearBackends(totals: ReadonlyMap<InstanceId, EndpointTotal>, nowMs: number, intervalMs: number): void {
    const cadenceMs = Math.min(intervalMs, MAX_CADENCE_MS);
    for (const [instance, { sample }] of totals) {
      const { utilization } = sample;
      if (utilization === undefined) continue;
      this.#backends.recordOrca(instance, utilization.sum / utilization.count, nowMs, cadenceMs);
    }
  }
}

/** Two reports of one proxy in one round: times and counters add up, the gauge is the newer one's. */
function addContributions(a: Contribution, b: Contribution): Contribution {
  const samples = new Map(a.samples);
  for (const [id, sample] of b.samples) {
    const earlier = samples.get(id);
    samples.set(id, earlier ? addSamples(earlier, sample, sample.inFlight) : sample);
  }
  return { intervalMs: a.intervalMs + b.intervalMs, samples };
}
