// The one table of metrics. Names and labels are public interface: docs/metrics.md is generated from this table, and
// the sink refuses what is not in it. Base units in the names, counters end in `_total` (Prometheus naming rules).

export type MetricKind = "counter" | "gauge" | "histogram";

/** `stable`: changes only with a major version. `alpha`: may change with any release. */
type MetricStability = "stable" | "alpha";

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

/** By the folder that counts, sorted by name. */
export const METRICS: readonly MetricEntry[] = [
  // telemetry
  gauge("steelyard_build_info", ["version"], "1; the label names the running version."),
  counter(
    "steelyard_telemetry_rejected_total",
    ["reason"],
    "Uses of a metric that were dropped: unknown-name, wrong-kind, wrong-labels, bad-value or too-many-series.",
  ),

  // app
  counter("steelyard_assignments_total", [], "Assignments (CLA) written to the xDS cache."),
  counter("steelyard_checkpoint_failures_total", [], "Learned state of a service that could not be saved."),
  gauge(
    "steelyard_tls_certificate_expiry_timestamp_seconds",
    [],
    "When the certificate of the port for data planes ends, seconds since the Unix epoch.",
  ),
  counter(
    "steelyard_tls_connections_refused_total",
    ["reason"],
    "Connections of data planes that TLS refused: certificate, trust_domain or handshake.",
  ),
  counter(
    "steelyard_tls_reloads_total",
    ["result"],
    "Changes of the certificate files: ok, or failed, when the last good ones stay.",
  ),
  counter(
    "steelyard_translation_failures_total",
    [],
    "Services whose resources could not be made; the last good ones stay.",
  ),
  counter(
    "steelyard_xds_nodes_refused_total",
    ["service", "reason"],
    "Streams, xds, lrs or als, of a client that may not be the node it says (node_id), or that no rule names (principal).",
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

  // control
  gauge(
    "steelyard_control_services",
    ["mode"],
    "Services by mode of their plan: normal, degraded, panic, frozen or shadow.",
  ),
  seconds("steelyard_control_tick_seconds", [], "Time to compute the weights of one service."),
  {
    name: "steelyard_control_withheld_ratio",
    kind: "histogram",
    labels: ["mode"],
    help: "Part of the traffic that the computed weights would move, each round in which an operator keeps them from being sent: shadow or frozen.",
    stability: "alpha",
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  },
  counter(
    "steelyard_weight_pushes_total",
    ["reason"],
    "Plans put in force, by their most urgent change: members, fault or weights.",
  ),

  // probes
  gauge(
    "steelyard_probe_ignored_services",
    [],
    "Services of which no instance passes its probes, so that they are ignored.",
  ),
  gauge("steelyard_probe_instances", ["verdict"], "Probed instances: untried, passing or failing."),
  gauge(
    "steelyard_probe_isolated",
    [],
    "1 while most instances of most services are silent, and nobody turns to failing.",
  ),
  counter("steelyard_probe_transitions_total", ["to"], "Changes of verdict, to passing or failing."),
  seconds(
    "steelyard_probe_duration_seconds",
    ["check"],
    "Time from a probe to its outcome, by kind: http, tcp or grpc.",
  ),
  counter("steelyard_probes_delayed_total", [], "Probes that had to wait, because `limits.probes` were under way."),
  counter(
    "steelyard_probes_total",
    ["check", "result"],
    "Probes: healthy, refused (an answer that says no) or unanswered.",
  ),

  // registry
  counter("steelyard_registry_bad_records_total", [], "Stored records that could not be read and were left out."),
  counter("steelyard_registry_heartbeats_total", ["result"], "Heartbeats: ok, unknown or generation."),
  gauge("steelyard_registry_instances", ["lease"], "Registered instances by state of their lease: live or suspect."),
  counter(
    "steelyard_registry_lease_moves_total",
    ["to"],
    "Leases that ended their state by silence or drain: suspect, expired or drained.",
  ),
  counter("steelyard_registry_registrations_total", ["outcome"], "Registrations: created, changed or unchanged."),
  gauge(
    "steelyard_registry_self_preservation",
    [],
    "1 while nobody is moved out, because too many are silent at once.",
  ),
  gauge(
    "steelyard_registry_self_preservation_services",
    [],
    "Services that are protected so, each by its own silence.",
  ),
  gauge("steelyard_registry_services", [], "Known services."),
  counter(
    "steelyard_registry_unheard_seconds_total",
    [],
    "Time for which no lease ran, because nobody could be heard.",
  ),

  // signals
  counter("steelyard_als_attempts_total", [], "Attempts read from access logs (ALS)."),
  counter("steelyard_als_dropped_messages_total", [], "Access log messages dropped unread, for there were too many."),
  gauge("steelyard_als_endpoints", [], "Endpoints with sampled attempts."),
  counter("steelyard_als_messages_total", [], "Access log messages received."),
  counter("steelyard_als_rejected_total", ["reason"], "Access log entries that failed validation."),
  gauge("steelyard_als_streams", [], "Open access log streams."),
  counter("steelyard_als_streams_refused_total", ["reason"], "Access log streams that were refused or ended."),
  counter("steelyard_lrs_messages_total", [], "Load reports received (LRS)."),
  counter("steelyard_lrs_rejected_total", ["reason"], "Load reports or parts of them that failed validation."),
  gauge("steelyard_lrs_streams", [], "Open load report streams."),
  counter("steelyard_lrs_streams_refused_total", ["reason"], "Load report streams that were refused or ended."),
  counter("steelyard_signal_dropped_total", ["reason"], "Valid samples without a place: unknown or over a limit."),
  counter("steelyard_signal_reports_total", [], "Cluster reports taken into a round."),
  counter("steelyard_signal_rounds_total", ["closed_by"], "Rounds of reports: complete, or late without some proxy."),
  gauge("steelyard_signal_samples", [], "Samples held for the rounds under way."),

  // store
  seconds("steelyard_store_commit_seconds", [], "Time to write a group of commits durably."),
  counter("steelyard_store_commits_total", ["result"], "Commits: ok, conflict or error."),
  gauge("steelyard_store_up", [], "1 while the store takes writes."),

  // xds
  seconds("steelyard_xds_ack_seconds", ["type"], "Time from a response to its ACK."),
  seconds(
    "steelyard_xds_fan_out_seconds",
    [],
    "Time to hand one turn's changes to all streams; nothing else runs then.",
  ),
  gauge("steelyard_xds_first_answers_waiting", [], "Streams that wait for their turn to be sent a first answer."),
  counter("steelyard_xds_oversize_responses_total", ["type"], "Responses larger than what clients accept by default."),
  counter(
    "steelyard_xds_requests_total",
    ["type", "kind"],
    "Discovery requests: none (no answer to anything), ack, nack or stale.",
  ),
  counter("steelyard_xds_response_bytes_total", ["type"], "Bytes of discovery responses."),
  counter("steelyard_xds_responses_total", ["type"], "Discovery responses sent."),
  counter("steelyard_xds_stream_errors_total", ["status"], "Streams ended for an error of the client, by gRPC status."),
  gauge("steelyard_xds_streams", ["transport"], "Open discovery streams."),
  counter(
    "steelyard_xds_streams_cut_total",
    ["reason"],
    "Streams ended from our side: stalled (the client read nothing) or age (sent elsewhere).",
  ),
  counter(
    "steelyard_xds_streams_opened_total",
    ["path"],
    "Streams by write path: direct (past grpc-js), http2 (from within a call of it; both share frames among all streams) or grpc-js (a copy each).",
  ),
];
