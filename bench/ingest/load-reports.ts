// Load reports as Envoy 1.40 sends them, as bytes: counters, Envoy's own latency of 200s, and the backend's utilisation.
import { LoadStatsRequest } from "../../src/gen/envoy/service/load_stats/v3/lrs.js";
import type { Rng } from "../../src/runtime/rng.js";

export const SERVICE = "checkout";
const PORT = 8080;

/** IP of the endpoint with this number. */
export function addressOf(endpoint: number): string {
  return `10.${(endpoint >> 16) & 255}.${(endpoint >> 8) & 255}.${endpoint & 255}`;
}

export function endpointKeyOf(endpoint: number): string {
  return `${addressOf(endpoint)}:${PORT}`;
}

/** One report of a proxy about the first `endpoints` endpoints. */
export function loadReportBytes(endpoints: number, rng: Rng): Uint8Array {
  return LoadStatsRequest.encode(
    LoadStatsRequest.create({
      clusterStats: [
        {
          clusterName: SERVICE,
          loadReportInterval: { seconds: 1, nanos: 2_000_000 },
          upstreamLocalityStats: [
            { upstreamEndpointStats: Array.from({ length: endpoints }, (_, endpoint) => endpointStats(endpoint, rng)) },
          ],
        },
      ],
    }),
  ).finish();
}

function endpointStats(endpoint: number, rng: Rng) {
  const successes = 50 + Math.floor(rng.next() * 100);
  return {
    address: {
      address: {
        $case: "socketAddress" as const,
        value: { address: addressOf(endpoint), portSpecifier: { $case: "portValue" as const, value: PORT } },
      },
    },
    totalSuccessfulRequests: successes,
    totalErrorRequests: Math.floor(rng.next() * 2),
    totalIssuedRequests: successes,
    totalRequestsInProgress: Math.floor(rng.next() * 5),
    loadMetricStats: [
      metric("named_metrics.s200", successes, successes * 1_000 * (10 + 5 * rng.next())),
      metric("named_metrics.utilization", successes, successes * (0.4 + 0.2 * rng.next())),
    ],
  };
}

function metric(metricName: string, numRequestsFinishedWithMetric: number, totalMetricValue: number) {
  return { metricName, numRequestsFinishedWithMetric, totalMetricValue };
}
