// The metrics port over prom-client. Invariant: only what the catalogue lists is ever exported, with exactly its labels
// and a bounded number of series. A wrong use is a defect: tests fail on it, production drops and counts it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Labels, MetricSink } from "../runtime/metrics.js";
import { METRICS, type MetricEntry, type MetricKind } from "./catalogue.js";

type Instrument =
  | { readonly kind: "counter"; readonly metric: Counter }
  | { readonly kind: "gauge"; readonly metric: Gauge }
  | { readonly kind: "histogram"; readonly metric: Histogram };

interface Registered {
  readonly entry: MetricEntry;
  readonly instrument: Instrument;
  readonly series: Set<string>;
}

type Rejection = "unknown-name" | "wrong-kind" | "wrong-labels" | "bad-value" | "too-many-series";

const REJECTED = "steelyard_telemetry_rejected_total";
const MAX_LABEL_LENGTH = 128;
const NO_LABELS: Labels = {};

export interface PrometheusSinkOptions {
  /** Throw on a use that the catalogue doesn't allow, instead of dropping it. For tests. Default false. */
  readonly strict?: boolean;
  /** Also export CPU, memory, event loop and garbage collection of this process. Default false. */
  readonly processMetrics?: boolean;
  /** Series per metric; further label sets are dropped and counted. Default 10,000. */
  readonly maxSeries?: number;
  /** Default: the catalogue of this server. */
  readonly catalogue?: readonly MetricEntry[];
}

export class PrometheusSink implements MetricSink {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Registered>();
  readonly #strict: boolean;
  readonly #maxSeries: number;

  constructor(options: PrometheusSinkOptions = {}) {
    this.#strict = options.strict ?? false;
    this.#maxSeries = options.maxSeries ?? 10_000;
    for (const entry of options.catalogue ?? METRICS) {
      this.#metrics.set(entry.name, { entry, instrument: instrumentOf(entry, this.#registry), series: new Set() });
    }
    if (options.processMetrics ?? false) collectDefaultMetrics({ register: this.#registry });
  }

  count(name: string, labels: Labels = NO_LABELS, by = 1): void {
    const used = this.#use(name, "counter", labels, Number.isFinite(by) && by >= 0);
    if (used?.instrument.kind === "counter") used.instrument.metric.inc(bounded(labels), by);
  }

  /** NaN ends the series, as Prometheus' own staleness marker does: for labels whose subject is gone. */
  gauge(name: string, value: number, labels: Labels = NO_LABELS): void {
    const used = this.#use(name, "gauge", labels, Number.isFinite(value) || Number.isNaN(value));
    if (used?.instrument.kind !== "gauge") return;
    if (Number.isNaN(value)) {
      used.instrument.metric.remove(bounded(labels));
      used.series.delete(seriesKey(used.entry, labels));
    } else {
      used.instrument.metric.set(bounded(labels), value);
    }
  }

  observe(name: string, value: number, labels: Labels = NO_LABELS): void {
    const used = this.#use(name, "histogram", labels, Number.isFinite(value));
    if (used?.instrument.kind === "histogram") used.instrument.metric.observe(bounded(labels), value);
  }

  /** Everything in the Prometheus text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #use(name: string, kind: MetricKind, labels: Labels, valueOk: boolean): Registered | undefined {
    const found = this.#metrics.get(name);
    if (!found) return this.#reject("unknown-name", name);
    if (found.entry.kind !== kind) return this.#reject("wrong-kind", name);
    if (!sameLabels(found.entry, labels)) return this.#reject("wrong-labels", name);
    if (!valueOk) return this.#reject("bad-value", name);
    if (found.entry.labels.length > 0) {
      const key = seriesKey(found.entry, labels);
      if (!found.series.has(key)) {
        if (found.series.size >= this.#maxSeries) return this.#reject("too-many-series", name);
        found.series.add(key);
      }
    }
    return found;
  }

  #reject(reason: Rejection, name: string): undefined {
    if (this.#strict) throw new Error(`metric ${name}: ${reason}`);
    const counter = this.#metrics.get(REJECTED)?.instrument;
    if (counter?.kind === "counter") counter.metric.inc({ reason });
    return undefined;
  }
}

function instrumentOf(entry: MetricEntry, registry: Registry): Instrument {
  const config = { name: entry.name, help: entry.help, labelNames: [...entry.labels], registers: [registry] };
  if (entry.kind === "counter") return { kind: entry.kind, metric: new Counter(config) };
  if (entry.kind === "gauge") return { kind: entry.kind, metric: new Gauge(config) };
  return { kind: entry.kind, metric: new Histogram({ ...config, buckets: [...(entry.buckets ?? [])] }) };
}

function sameLabels(entry: MetricEntry, labels: Labels): boolean {
  const given = Object.keys(labels);
  return given.length === entry.labels.length && entry.labels.every((label) => labels[label] !== undefined);
}

function seriesKey(entry: MetricEntry, labels: Labels): string {
  return entry.labels.map((label) => labels[label]?.slice(0, MAX_LABEL_LENGTH)).join("\u0000");
}

function bounded(labels: Labels): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [label, value] of Object.entries(labels)) result[label] = value.slice(0, MAX_LABEL_LENGTH);
  return result;
}
