// Utilisation as backends report it with their answers (ORCA), summed up by Envoy per endpoint and metric name in the load
// report. A named metric counts only the answers that carried it and so wins over the standard scalars. Of those Envoy
// counts every answer, a missing one as 0: a sum of 0 is therefore no report, and a mean may come out too low.
import type { EndpointLoadMetricStats } from "../gen/envoy/config/endpoint/v3/load_report.js";
import type { ValueSum } from "../model/load.js";

const NAMED = "named_metrics.";
/** Best first, as in gRFC A58 since its named metrics. */
const NAMES: readonly string[] = [`${NAMED}utilization`, "application_utilization", "cpu_utilization"];
const MAX_COUNT = 1_000_000_000;
/** 1 is fully used; backends that can be overbooked say more. Beyond this it is a unit error: percent, for one. */
export const MAX_UTILIZATION = 10;

/**
 * @param ownMetric name of the named metric that is the utilisation of this service, instead of the usual ones
 * @param completions of the same endpoint and report: a proxy's word weighs no more than the traffic it saw
 * @returns undefined when no backend reported; `implausible` costs the utilisation only, so that a backend cannot hide its
 *   errors behind a bad number
 */
export function utilizationOf(
  metrics: readonly EndpointLoadMetricStats[],
  completions: number,
  ownMetric?: string,
): ValueSum | "implausible" | undefined {
  const names = ownMetric === undefined ? NAMES : [`${NAMED}${ownMetric}`];
  for (const name of names) {
    const metric = metrics.find(({ metricName }) => metricName === name);
    if (metric === undefined) continue;
    const count = Number(metric.numRequestsFinishedWithMetric);
    const sum = metric.totalMetricValue;
    // Comparisons with NaN are false, so NaN and Infinity fail here as well.
    if (!(count >= 0 && count <= MAX_COUNT && sum >= 0 && sum <= count * MAX_UTILIZATION)) return "implausible";
    if (count === 0 || (sum === 0 && !name.startsWith(NAMED))) continue;
    const weight = Math.min(count, Math.max(1, completions));
    return { count: weight, sum: (sum / count) * weight };
  }
  return undefined;
}
