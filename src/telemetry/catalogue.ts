// The one table of metrics. Names and labels are public interface: docs/metrics.md is generated from this table, and
// the sink refuses what is not in it. Base units in the names, counters end in `_total` (Prometheus naming rules).

export type MetricKind = "counter" | "gauge" | "histogram";

/** `stable`: changes only with a major version. `alpha`: may change with any release. */
export type MetricStability = "stable" | "alpha";

export interface MetricEntry {
  readonly name: string;
  readonly kind: MetricKind;
  /** Every label must be given at each use; none has an unbounded set of values. */
  readonly labels: readonly string[];
  readonly help: string;
  readonly stability: MetricStability;
  /** Upper bounds of a histogram, in the unit of the name. */
  readonly buckets?: readonly number[];
}

/** From a scrape of a hot cache to a blocked disk. */
const SECONDS_BUCKETS: readonly number[] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const counter = (name: string, labels: readonly string[], help: string): MetricEntry => ({
  name,
  kind: "counter",
  labels,
  help,
  stability: "alpha",
});
const gauge = (name: string, labels: readonly string[], help: string): MetricEntry => ({
  name,
  kind: "gauge",
  labels,
  help,
  stability: "alpha",
});
const seconds = (name: string, labels: readonly string[], help: string): MetricEntry => ({
  name,
  kind: "histogram",
  labels,
  help,
  stability: "alpha",
  buckets: SECONDS_BUCKETS,
});

/** Sorted by name within each part. */
export const METRICS: readonly MetricEntry[] = [
  // telemetry
  gauge("steelyard_build_info", ["version", "node"], "1; the labels name the running version."),
  counter(
    "steelyard_telemetry_rejected_total",
    ["reason"],
    "Uses of a metric that were dropped: unknown-name, wrong-kind, wrong-labels, bad-value or too-many-series.",
  ),
  // api
  counter("steelyard_api_problems_total", ["code"], "Errors answered by the REST API, by error code."),
  seconds(
    "steelyard_api_request_duration_seconds",
    ["route"],
    "Time from the head of a request to the end of its answer.",
  ),
  counter("steelyard_api_requests_total", ["route", "method", "status"], "Requests answered by the REST API."),
  counter("steelyard_api_watch_dropped_total", ["reason"], "Watchers cut off by the server: slow or stopping."),
  gauge("steelyard_api_watchers", [], "Open event streams of `GET /v1/watch`."),
];
