// Builders of load reports for the tests of this folder.
import { ClusterStats } from "../../../src/gen/envoy/config/endpoint/v3/load_report.js";
import { endpointKey } from "../../../src/model/instance.js";
import type { LoadReport, LoadSample } from "../../../src/model/load.js";
import { NOWHERE } from "../../../src/model/zone.js";
import type { MetricSink } from "../../../src/runtime/metrics.js";

export interface EndpointNumbers {
  readonly ok?: number | bigint;
  readonly errors?: number | bigint;
  readonly issued?: number | bigint;
  readonly inFlight?: number | bigint;
  /** metric name → [count, value] */
  readonly metrics?: Readonly<Record<string, readonly [number, number]>>;
  readonly port?: number;
  readonly address?: string;
}

/** One cluster as Envoy reports it, all endpoints in one locality. */
export function clusterStats(name: string, endpoints: readonly EndpointNumbers[], intervalMs = 1_000): ClusterStats {
  return ClusterStats.create({
    clusterName: name,
    loadReportInterval: { seconds: Math.trunc(intervalMs / 1_000), nanos: (intervalMs % 1_000) * 1_000_000 },
    upstreamLocalityStats: [
      {
        totalIssuedRequests: endpoints.reduce((sum, { issued, ok }) => sum + Number(issued ?? ok ?? 0), 0),
        upstreamEndpointStats: endpoints.map((numbers) => ({
          address: {
            address: {
              $case: "socketAddress",
              value: {
                address: numbers.address ?? "127.0.0.1",
                portSpecifier: { $case: "portValue", value: numbers.port ?? 9001 },
              },
            },
          },
          totalSuccessfulRequests: numbers.ok ?? 0,
          totalErrorRequests: numbers.errors ?? 0,
          totalIssuedRequests: numbers.issued ?? numbers.ok ?? 0,
          totalRequestsInProgress: numbers.inFlight ?? 0,
          loadMetricStats: Object.entries(numbers.metrics ?? {}).map(([metricName, [count, value]]) => ({
            metricName,
            numRequestsFinishedWithMetric: count,
            totalMetricValue: value,
          })),
        })),
      },
    ],
  });
}

export function sample(
  numbers: Partial<Omit<LoadSample, "latency" | "failedLatency" | "utilization">> & {
    meanMs?: number;
    /** Mean over all successes. */
    utilization?: number;
  },
): LoadSample {
  const { meanMs, utilization, ...counters } = numbers;
  const successes = counters.successes ?? 0;
  return {
    successes,
    errors: 0,
    issued: successes,
    inFlight: 0,
    ...counters,
    latency: meanMs === undefined ? { count: 0, sumMs: 0 } : { count: successes, sumMs: successes * meanMs },
    failedLatency: { count: 0, sumMs: 0 },
    utilization: utilization === undefined ? undefined : { count: successes, sum: successes * utilization },
  };
}

/** A report about 127.0.0.1, endpoints by port. */
export function report(
  node: string,
  endpoints: Readonly<Record<number, LoadSample>>,
  overrides: Partial<LoadReport> = {},
): LoadReport {
  const byKey = Object.entries(endpoints).map(
    ([port, value]) => [endpointKey("127.0.0.1", Number(port)), value] as const,
  );
  return {
    node,
    cluster: "checkout",
    intervalMs: 1_000,
    workers: 1,
    origin: NOWHERE,
    endpoints: new Map(byKey),
    ...overrides,
  };
}

/** Adds up counters by `name{label values}`. */
export function countingMetrics(): MetricSink & { readonly totals: Map<string, number> } {
  const totals = new Map<string, number>();
  return {
    totals,
    count(name, labels = {}, by = 1) {
      const key = [name, ...Object.values(labels)].join(" ");
      totals.set(key, (totals.get(key) ?? 0) + by);
    },
    gauge: (name, value) => void totals.set(name, value),
    observe: () => undefined,
  };
}
