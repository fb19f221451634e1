// What is known about the load of endpoints. A sample is one report of one proxy about one endpoint;
// a round is the sum over all live proxies since the previous round.
import type { InstanceId, ServiceName } from "./ids.js";
import type { Zone } from "./zone.js";

/** Sum and count, so that means of different reporters can be added without weighting errors. */
export interface LatencySum {
  /** Number of requests measured, >= 0. */
  readonly count: number;
  /** Sum of their times to the first byte, milliseconds, >= 0. */
  readonly sumMs: number;
}

/** Sum and count of a dimensionless value. */
export interface ValueSum {
  /** Number of answers that carried the value, >= 0. */
  readonly count: number;
  readonly sum: number;
}

/** Counters of one endpoint in one load report. All finite and >= 0: the decoders guarantee it. */
export interface LoadSample {
  readonly successes: number;
  readonly errors: number;
  readonly issued: number;
  /** Gauge at the end of the interval. */
  readonly inFlight: number;
  /** Requests answered with 1xx, 2xx or 3xx. */
  readonly latency: LatencySum;
  /** Requests answered with 4xx or 5xx: never mixed into `latency`, or fast failures would look fast. */
  readonly failedLatency: LatencySum;
  /** Utilisation as the backend reported it with its answers (ORCA); the mean is 0..10, 1 = fully used. Absent = none. */
  readonly utilization?: ValueSum | undefined;
}

/** One proxy's report about one cluster over one interval. Endpoints are keyed by `endpointKey`. */
export interface LoadReport {
  readonly node: string;
  readonly cluster: string;
  /** Envoy's own measure of the interval; 250..60,000. */
  readonly intervalMs: number;
  /** Envoy worker threads of that proxy, from its node metadata; 1 when unknown. */
  readonly workers: number;
  /** Where that proxy stands, from its node; empty texts = it does not say. */
  readonly origin: Zone;
  /** Absent endpoints were idle, with nothing in flight. */
  readonly endpoints: ReadonlyMap<string, LoadSample>;
}

/** Where `latencyMs` comes from: Envoy's named metrics, its access log, or Little's law on in-flight and completions. */
export type LatencySource = "envoy" | "access-log" | "little" | "none";

/** A random part of the tries at an endpoint over the last 15 to 30 seconds, from access logs. */
export interface SampledAttempts {
  readonly attempts: number;
  /** Those that ended before the head of an answer came. */
  readonly unanswered: number;
  /** Percentiles of the time to first byte of successful answers, milliseconds, within 4.5 %; undefined = too few. */
  readonly p50Ms: number | undefined;
  readonly p90Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** How the backend itself told its utilisation: with its answers (ORCA, by way of load reports), or in its heartbeat. */
export type UtilizationSource = "orca" | "heartbeat";

/** All proxies' view of one endpoint in one round. */
export interface EndpointLoad {
  readonly instance: InstanceId;
  readonly successes: number;
  readonly errors: number;
  readonly issued: number;
  /** Sum of the last gauges of all live proxies. */
  readonly inFlight: number;
  /** In place of `inFlight`, which is 0 then: connections that are open, where proxies pass on connections. */
  readonly openConnections?: number | undefined;
  /** Completions (successes + errors) per second. */
  readonly rps: number;
  /** errors / (successes + errors), 0..1; undefined when nothing completed. Never over `issued`. */
  readonly errorRate: number | undefined;
  /** Mean time to first byte of successful answers, milliseconds; undefined when unknown. */
  readonly latencyMs: number | undefined;
  /** Number of measurements behind `latencyMs`. */
  readonly latencyCount: number;
  readonly latencySource: LatencySource;
  /** Utilisation as the backend itself reports it, 0..10 with 1 = fully used; undefined when nothing fresh is known. */
  readonly utilization?: number | undefined;
  /** Milliseconds since that was reported. */
  readonly utilizationAgeMs?: number | undefined;
  readonly utilizationSource?: UtilizationSource | undefined;
  /** Requests per second as the backend counts them (heartbeat), so with traffic that comes by other ways. */
  readonly reportedRps?: number | undefined;
  /** Requests in flight as the backend counts them. */
  readonly reportedInFlight?: number | undefined;
  /** What access logs say, where they are on. */
  readonly sampled?: SampledAttempts | undefined;
  /** Milliseconds since the youngest report that mentioned this endpoint. */
  readonly ageMs: number;
  /** n / (n + 20) over the completions of this round: 0 = no evidence, 1 = plenty. */
  readonly confidence: number;
}

/** Requests that ended, one way or the other; 0 for an endpoint without a report, which was idle. */
export function completionsOf(load: { readonly successes: number; readonly errors: number } | undefined): number {
  return load === undefined ? 0 : load.successes + load.errors;
}

/** U utilisation, L latency, Q queue (Little's law), N none. */
export type SignalMode = "U" | "L" | "Q" | "N";

/** What the proxies of one locality sent in a round. */
export interface CallOrigin extends Zone {
  /** Requests that they issued, >= 0. */
  readonly requests: number;
  /** Sum of their worker threads, >= 1. */
  readonly workers: number;
}

/** One complete round of reports of a service: every live proxy has reported once (or was given up). */
export interface LoadRound {
  readonly service: ServiceName;
  /** Milliseconds that the counters cover (mean over the reporters). */
  readonly intervalMs: number;
  /** Live proxies that reported this service. */
  readonly reporters: number;
  /** Sum of their worker threads, >= 1. */
  readonly workers: number;
  /** Where the requests came from, one per locality of the proxies that reported. */
  readonly origins: readonly CallOrigin[];
  readonly loads: ReadonlyMap<InstanceId, EndpointLoad>;
  readonly signalMode: SignalMode;
}
