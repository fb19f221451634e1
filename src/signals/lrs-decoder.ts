// Envoy's load report (envoy.service.load_stats.v3) to LoadReports. Pure. This is where numbers of the network are
// validated: whatever leaves here is finite, >= 0 and bounded. One bad entry costs only itself, and is counted.
import type { ClusterStats, UpstreamEndpointStats } from "../gen/envoy/config/endpoint/v3/load_report.js";
import type { LoadStatsRequest } from "../gen/envoy/service/load_stats/v3/lrs.js";
import type { Duration } from "../gen/google/protobuf/duration.js";
import { endpointKey } from "../model/instance.js";
import type { LoadReport, LoadSample } from "../model/load.js";
import { withoutPriority } from "../model/policy/priority-routing.js";
import { addToSamples, NO_LATENCY } from "./load-sample.js";
import { endpointOfLocality, sampleOfLocality } from "./locality-endpoint.js";
import { statusLatency } from "./named-metrics.js";
import type { Reporter } from "./reporter.js";
import { utilizationOf } from "./utilization.js";

/** Shorter or longer intervals make rates meaningless. 5 s are normal after a reconnect. */
export const MIN_INTERVAL_MS = 250;
export const MAX_INTERVAL_MS = 60_000;

/** No proxy completes, or holds, more requests per interval than this. */
const MAX_REQUESTS = 1_000_000_000;

const MAX_NAME_LENGTH = 253;

/**
 * `cluster` and `interval` cost the report of a cluster, `no_endpoint_stats` too: traffic without per-endpoint
 * counters, which would read as "all idle". `address` and `counter` cost one endpoint; `latency` and `utilization`, on
 * which a backend has influence, cost only that value of it: nobody hides errors behind a bad number.
 */
type RejectReason = "cluster" | "interval" | "no_endpoint_stats" | "address" | "counter" | "latency" | "utilization";

export interface DecodedLoadStats {
  readonly reports: readonly LoadReport[];
  /** Clusters that were counted per locality, by a client that may leave out those where nothing began or ended. */
  readonly byLocality: ReadonlySet<string>;
  readonly rejected: ReadonlyMap<RejectReason, number>;
}

/** Clusters that a proxy has for itself and that are no service of ours, such as the connection to this server. */
export const DEFAULT_IGNORED_CLUSTERS: ReadonlySet<string> = new Set(["xds_cluster"]);

/**
 * Decodes one message. Two clusters that share an EDS service name are one report, and so are those of a service's
 * priorities: all cover the same time.
 */
export function decodeLoadStats(
  request: Pick<LoadStatsRequest, "clusterStats">,
  reporter: Reporter,
  ignoredClusters: ReadonlySet<string> = DEFAULT_IGNORED_CLUSTERS,
  utilizationMetricOf: (cluster: string) => string | undefined = () => undefined,
): DecodedLoadStats {
  const rejected = new Map<RejectReason, number>();
  const reject = (reason: RejectReason): void => void rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
  const byLocality = new Set<string>();
  const reports = new Map<string, { intervalMs: number; readonly endpoints: Map<string, LoadSample> }>();
  for (const stats of request.clusterStats) {
    if (ignoredClusters.has(stats.clusterName)) continue;
    const name = withoutPriority(stats.clusterServiceName === "" ? stats.clusterName : stats.clusterServiceName);
    const intervalMs = toMs(stats.loadReportInterval);
    if (name === "" || name.length > MAX_NAME_LENGTH) reject("cluster");
    else if (!(intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS)) reject("interval");
    else if (hidesTraffic(stats)) reject("no_endpoint_stats");
    else {
      const report = reports.get(name) ?? { intervalMs, endpoints: new Map<string, LoadSample>() };
      report.intervalMs = Math.max(report.intervalMs, intervalMs);
      if (addEndpoints(report.endpoints, stats, utilizationMetricOf(name), reject)) byLocality.add(name);
      reports.set(name, report);
    }
  }
  const decoded = Array.from(reports, ([cluster, report]) => ({ ...reporter, cluster, ...report }));
  return { reports: decoded, byLocality, rejected };
}

/** Whether there were localities that stand for endpoints. */
function addEndpoints(
  endpoints: Map<string, LoadSample>,
  stats: ClusterStats,
  utilizationMetric: string | undefined,
  reject: (reason: RejectReason) => void,
): boolean {
  let byLocality = false;
  for (const locality of stats.upstreamLocalityStats) {
    const whole = locality.upstreamEndpointStats.length === 0 ? endpointOfLocality(locality) : undefined;
    if (whole !== undefined) {
      byLocality = true;
      const sample = sampleOfLocality(locality);
      if (isPlausible(sample)) addToSamples(endpoints, whole, sample);
      else reject("counter");
    }
    for (const entry of locality.upstreamEndpointStats) {
      const key = addressKey(entry);
      if (key === undefined) {
        reject("address");
        continue;
      }
      const sample = sampleOf(entry, utilizationMetric, reject);
      if (sample === "counter") reject(sample);
      else addToSamples(endpoints, key, sample);
    }
  }
  return byLocality;
}

/** Traffic of a locality that stands for no endpoint, without counters of its endpoints. */
function hidesTraffic(stats: ClusterStats): boolean {
  return stats.upstreamLocalityStats.some(
    (locality) =>
      locality.upstreamEndpointStats.length === 0 &&
      endpointOfLocality(locality) === undefined &&
      (locality.totalSuccessfulRequests > 0n ||
        locality.totalErrorRequests > 0n ||
        locality.totalIssuedRequests > 0n ||
        locality.totalRequestsInProgress > 0n),
  );
}

function isPlausible({
  successes,
  errors,
  issued,
  inFlight,
}: Pick<LoadSample, "successes" | "errors" | "issued" | "inFlight">): boolean {
  return successes + errors <= MAX_REQUESTS && issued <= MAX_REQUESTS && inFlight <= MAX_REQUESTS;
}

function addressKey(entry: UpstreamEndpointStats): string | undefined {
  const address = entry.address?.address;
  if (address?.$case !== "socketAddress") return undefined;
  const { address: ip, portSpecifier: port } = address.value;
  if (ip === "" || ip.length > MAX_NAME_LENGTH || port?.$case !== "portValue") return undefined;
  return port.value >= 1 && port.value <= 65_535 ? endpointKey(ip, port.value) : undefined;
}

function sampleOf(
  entry: UpstreamEndpointStats,
  utilizationMetric: string | undefined,
  reject: (reason: RejectReason) => void,
): LoadSample | "counter" {
  const successes = Number(entry.totalSuccessfulRequests);
  const errors = Number(entry.totalErrorRequests);
  const issued = Number(entry.totalIssuedRequests);
  const inFlight = Number(entry.totalRequestsInProgress);
  if (!isPlausible({ successes, errors, issued, inFlight })) return "counter";
  const latencies = statusLatency(entry.loadMetricStats);
  if (latencies === undefined) reject("latency");
  const utilization = utilizationOf(entry.loadMetricStats, successes + errors, utilizationMetric);
  if (utilization === "implausible") reject("utilization");
  // An instance that answers 429 at once must not look like the best one there is.
  const throttled = Math.min(successes, latencies?.throttled ?? 0);
  return {
    successes: successes - throttled,
    errors: errors + throttled,
    issued,
    inFlight,
    latency: latencies?.latency ?? NO_LATENCY,
    failedLatency: latencies?.failedLatency ?? NO_LATENCY,
    utilization: utilization === "implausible" ? undefined : utilization,
  };
}

function toMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}
