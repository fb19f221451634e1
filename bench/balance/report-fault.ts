// What goes wrong with load reports in a scenario, as a function for the tap between Envoy and the control server.
import type { OnLoadReport } from "../../envoy/lab/load-report-tap.js";
import type { Rng } from "../../src/runtime/rng.js";
import type { ReportFault } from "./scenario.js";

/** Time to first byte of the answers with one status. */
const LATENCY_METRIC = /^(?:named_metrics\.)?s\d{3}$/;

export interface ReportFaultOptions {
  readonly rng: Rng;
  /** Node id of the Envoy that tells lies. */
  readonly liar: string;
  /** Ports of a host, one of each contender. */
  readonly portsOf: (host: number) => ReadonlySet<number>;
}

export function reportFaultOf(fault: ReportFault, { rng, liar, portsOf }: ReportFaultOptions): OnLoadReport {
  if (fault.kind === "lost") return (report) => (rng.next() < fault.fraction ? undefined : report);
  const ports = portsOf(fault.host);
  return (report) => {
    if (report.node?.id !== liar) return report;
    const endpoints = report.clusterStats.flatMap(({ upstreamLocalityStats }) =>
      upstreamLocalityStats.flatMap(({ upstreamEndpointStats }) => upstreamEndpointStats),
    );
    for (const { address, loadMetricStats } of endpoints) {
      const place = address?.address;
      if (place?.$case !== "socketAddress" || place.value.portSpecifier?.$case !== "portValue") continue;
      if (!ports.has(place.value.portSpecifier.value)) continue;
      for (const metric of loadMetricStats) {
        if (LATENCY_METRIC.test(metric.metricName)) metric.totalMetricValue *= fault.factor;
      }
    }
    return report;
  };
}
