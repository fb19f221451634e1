// All services' signals: reports in, complete rounds out. Invariants: only services and endpoints of the catalogue get
// state, so a report can never make memory grow beyond what is registered; what is dropped is counted.
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { LoadReport, LoadRound, LoadSample } from "../model/load.js";
import type { Clock } from "../runtime/clock.js";
import { type Logger, silentLogger } from "../runtime/logger.js";
import { type MetricSink, noMetrics } from "../runtime/metrics.js";
import type { Attempt } from "./attempt.js";
import { sampleOfConnections } from "./connections.js";
import type { HeartbeatLoad } from "./heartbeat-load.js";
import { SampleBudget } from "./sample-budget.js";
import { ServiceRounds, type SignalStatus } from "./service-rounds.js";

export interface SignalLimits {
  /** Proxies per service. Default 2,000. */
  readonly maxReporters: number;
  /** (proxy, endpoint) pairs of all services. Default 2,000,000. */
  readonly maxSamples: number;
  /** Endpoints of all services with sampled attempts, 2 KB each. Default 20,000. */
  readonly maxSampledEndpoints: number;
}

export interface SignalBookOptions {
  readonly clock: Clock;
  /** Which service a cluster name stands for; undefined = none of ours. */
  readonly knows: (cluster: string) => ServiceName | undefined;
  /** Which instance of the service has this `endpointKey`. */
  readonly instanceAt: (service: ServiceName, endpointKey: string) => InstanceId | undefined;
  /** By endpoint, the service that takes over there for this one; default: none does. */
  readonly takeoverOf?: (service: ServiceName) => ((endpointKey: string) => ServiceName | undefined) | undefined;
  /** Instances that may take traffic now: those whose utilisation decides about mode U. */
  readonly poolOf: (service: ServiceName) => readonly InstanceId[];
  /** Whether the service is one of plain connections, whose counters mean something else. Default: none is. */
  readonly countsConnections?: (service: ServiceName) => boolean;
  /** How long an endpoint that no report mentions any more is carried along as idle. Default 60,000. */
  readonly staleAfterMs?: number;
  readonly limits?: Partial<SignalLimits>;
  readonly metrics?: MetricSink;
  readonly logger?: Logger;
}

type RoundHandler = (round: LoadRound) => void;

export class SignalBook {
  readonly #options: SignalBookOptions;
  readonly #limits: SignalLimits;
  readonly #metrics: MetricSink;
  readonly #logger: Logger;
  readonly #budget: SampleBudget;
  readonly #attemptBudget: SampleBudget;
  readonly #services = new Map<ServiceName, ServiceRounds>();
  readonly #handlers = new Set<RoundHandler>();

  constructor(options: SignalBookOptions) {
    this.#options = options;
    this.#limits = { maxReporters: 2_000, maxSamples: 2_000_000, maxSampledEndpoints: 20_000, ...options.limits };
    this.#metrics = options.metrics ?? noMetrics;
    this.#logger = options.logger ?? silentLogger;
    this.#budget = new SampleBudget(this.#limits.maxSamples);
    this.#attemptBudget = new SampleBudget(this.#limits.maxSampledEndpoints);
  }

  /** Takes a decoded, validated report. When it completes a round, the handlers run before this returns. */
  record(report: LoadReport): void {
    const service = this.#options.knows(report.cluster);
    if (service === undefined) {
      this.#drop("unknown_cluster");
      return;
    }
    const { node, workers, origin, intervalMs } = report;
    const samples = this.#known(service, report);
    const outcome = this.#rounds(service).record({ node, workers, origin, intervalMs, samples });
    if (outcome === "taken") this.#metrics.count("steelyard_signal_reports_total");
    else this.#drop(outcome);
    this.#metrics.gauge("steelyard_signal_samples", this.#budget.used);
  }

  /**
   * Takes what an instance of the catalogue said of itself in its heartbeat; it counts from the next round on.
   * @param beatMs when the instance was told to beat next, milliseconds: the load is believed for three times that
   */
  recordBeat(service: ServiceName, instance: InstanceId, load: HeartbeatLoad, beatMs: number): void {
    this.#rounds(service).recordBeat(instance, load, beatMs);
  }

  /** Takes tries at endpoints that access logs tell of, for latency only: rates and errors are the load reports'. */
  recordAttempts(attempts: readonly Attempt[]): void {
    for (const attempt of attempts) {
      const called = this.#options.knows(attempt.cluster);
      const tried = called && this.#at(called, attempt.endpoint);
      if (called === undefined) this.#drop("unknown_cluster");
      else if (tried === undefined) this.#drop("unknown_endpoint");
      else if (!this.#rounds(tried.service).recordAttempt(tried.instance, attempt)) this.#drop("sample_limit");
    }
    if (attempts.length > 0) this.#metrics.gauge("steelyard_als_endpoints", this.#attemptBudget.used);
  }

  /** The proxy has closed its report stream: its gauges stop counting, rounds no longer wait for it. */
  forgetNode(node: string): void {
    for (const rounds of this.#services.values()) rounds.forgetNode(node);
  }

  /** The service is gone from the catalogue. */
  forgetService(service: ServiceName): void {
    this.#services.get(service)?.dispose();
    this.#services.delete(service);
  }

  /** Drops what belongs to services that left the catalogue, and proxies that fell silent. Call it every minute or so. */
  prune(): void {
    for (const [service, rounds] of this.#services) {
      if (this.#options.knows(service) === service) rounds.expire();
      else this.forgetService(service);
    }
  }

  /** Calls `handler` with every round from now on. Returns the unsubscriber. */
  onRound(handler: RoundHandler): () => void {
    this.#handlers.add(handler);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  /** undefined when nobody ever reported this service. */
  status(service: ServiceName): SignalStatus | undefined {
    return this.#services.get(service)?.status();
  }

  /** Cancels all timers and forgets everything. */
  close(): void {
    for (const service of this.#services.keys()) this.forgetService(service);
    this.#handlers.clear();
  }

  #rounds(service: ServiceName): ServiceRounds {
    const known = this.#services.get(service);
    if (known) return known;
    const rounds = new ServiceRounds({
      service,
      clock: this.#options.clock,
      staleAfterMs: this.#options.staleAfterMs ?? 60_000,
      maxReporters: this.#limits.maxReporters,
      pool: () => this.#options.poolOf(service),
      countsConnections: () => this.#options.countsConnections?.(service) === true,
      budget: this.#budget,
      attemptBudget: this.#attemptBudget,
      onRound: (round, closedBy) => this.#deliver(round, closedBy),
    });
    this.#services.set(service, rounds);
    return rounds;
  }

  #known(service: ServiceName, report: LoadReport): ReadonlyMap<InstanceId, LoadSample> {
    const samples = new Map<InstanceId, LoadSample>();
    const ofConnections = this.#options.countsConnections?.(service) === true;
    for (const [endpoint, sample] of report.endpoints) {
      const id = this.#options.instanceAt(service, endpoint);
      if (id !== undefined) samples.set(id, ofConnections ? sampleOfConnections(sample) : sample);
      else this.#drop("unknown_endpoint");
    }
    return samples;
  }

  /** The instance there: one of the service itself, or of one that takes over for it. */
  #at(
    service: ServiceName,
    endpoint: string,
  ): { readonly service: ServiceName; readonly instance: InstanceId } | undefined {
    const { instanceAt, takeoverOf } = this.#options;
    const own = instanceAt(service, endpoint);
    if (own !== undefined) return { service, instance: own };
    const other = takeoverOf?.(service)?.(endpoint);
    const instance = other && instanceAt(other, endpoint);
    return other === undefined || instance === undefined ? undefined : { service: other, instance };
  }

  #deliver(round: LoadRound, closedBy: "complete" | "late"): void {
    this.#metrics.count("steelyard_signal_rounds_total", { closed_by: closedBy });
    for (const handler of this.#handlers) {
      try {
        handler(round);
      } catch (error) {
        // A defect of one reader must not cost the proxy its report stream, nor the other readers their round.
        this.#logger.error({ service: round.service, error }, "signal round handler failed");
      }
    }
  }

  #drop(reason: "unknown_cluster" | "unknown_endpoint" | "reporter_limit" | "sample_limit"): void {
    this.#metrics.count("steelyard_signal_dropped_total", { reason });
  }
}
