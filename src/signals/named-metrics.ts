// Latency as Envoy itself measured it, carried in the load report as ORCA named metrics: one per HTTP status, so that
// fast failures never look fast. `named_metrics.s200` = sum of microseconds to the first byte over all 200s.
// The filter that writes them is in src/translate/latency-filter.ts.
import type { EndpointLoadMetricStats } from "../gen/envoy/config/endpoint/v3/load_report.js";
import type { LatencySum } from "../model/load.js";
import { addLatency, NO_LATENCY } from "./load-sample.js";

const STATUS_METRIC = /^(?:named_metrics\.)?s([1-5])\d\d$/;
const TOO_MANY_REQUESTS = /s429$/;
const MAX_COUNT = 1_000_000_000;
/** No single request takes longer than an hour: the longest request timeout that a policy may set. */
const MAX_MEAN_MS = 3_600_000;

export interface StatusLatency {
  /** Answers 1xx, 2xx, 3xx. */
  readonly latency: LatencySum;
  /** Answers 4xx, 5xx. */
  readonly failedLatency: LatencySum;
  /** Answers 429: Envoy calls them a success, but whoever gives them has too much to do. */
  readonly throttled: number;
}

/** undefined when a status metric is not a plausible sum; metrics of other names are somebody else's. */
export function statusLatency(metrics: readonly EndpointLoadMetricStats[]): StatusLatency | undefined {
  let latency = NO_LATENCY;
  let failedLatency = NO_LATENCY;
  let throttled = 0;
  for (const metric of metrics) {
    const statusClass = STATUS_METRIC.exec(metric.metricName)?.[1];
    if (statusClass === undefined) continue;
    const sum = plausibleSum(metric);
    if (sum === undefined) return undefined;
    if (statusClass < "4") latency = addLatency(latency, sum);
    else failedLatency = addLatency(failedLatency, sum);
    if (TOO_MANY_REQUESTS.test(metric.metricName)) throttled += sum.count;
  }
  return { latency, failedLatency, throttled };
}

function plausibleSum(metric: EndpointLoadMetricStats): LatencySum | undefined {
  const count = Number(metric.numRequestsFinishedWithMetric);
  const sumMs = metric.totalMetricValue / 1_000;
  // Comparisons with NaN are false, so NaN and Infinity fail here as well.
  return count >= 0 && count <= MAX_COUNT && sumMs >= 0 && sumMs <= count * MAX_MEAN_MS ? { count, sumMs } : undefined;
}
