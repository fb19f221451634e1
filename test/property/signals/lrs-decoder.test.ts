import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { LoadStatsRequest } from "../../../src/gen/envoy/service/load_stats/v3/lrs.js";
import type { LoadSample } from "../../../src/model/load.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { decodeLoadStats, MAX_INTERVAL_MS, MIN_INTERVAL_MS } from "../../../src/signals/lrs-decoder.js";
import { readFirstMessage, readLaterMessage } from "../../../src/signals/lrs-message.js";

const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2_000n }));
const metric = fc.record({
  metricName: fc.constantFrom("named_metrics.s200", "s204", "named_metrics.s503", "named_metrics.cpu", "s600", ""),
  numRequestsFinishedWithMetric: uint64,
  totalMetricValue: fc.oneof(fc.double(), fc.double({ min: 0, max: 1e9, noNaN: true })),
});
const endpoint = fc.record({
  address: fc.option(
    fc.record({
      address: fc.constantFrom("127.0.0.1", "::1", "", "host"),
      portSpecifier: fc.option(fc.record({ $case: fc.constant("portValue" as const), value: fc.nat(70_000) }), {
        nil: undefined,
      }),
    }),
    { nil: undefined },
  ),
  totalSuccessfulRequests: uint64,
  totalErrorRequests: uint64,
  totalIssuedRequests: uint64,
  totalRequestsInProgress: uint64,
  loadMetricStats: fc.array(metric, { maxLength: 4 }),
});
const request = fc
  .array(
    fc.record({
      clusterName: fc.constantFrom("", "checkout", "xds_cluster", "a".repeat(300)),
      clusterServiceName: fc.constantFrom("", "checkout"),
      loadReportInterval: fc.option(
        fc.record({
          seconds: fc.bigInt({ min: -2n, max: 100n }),
          nanos: fc.integer({ min: -1_000, max: 999_999_999 }),
        }),
        { nil: undefined },
      ),
      upstreamLocalityStats: fc.array(
        fc.record({ upstreamEndpointStats: fc.array(endpoint, { maxLength: 5 }), totalIssuedRequests: uint64 }),
        { maxLength: 3 },
      ),
    }),
    { maxLength: 4 },
  )
  .map((clusterStats) =>
    LoadStatsRequest.create({
      node: { id: "edge-1" },
      clusterStats: clusterStats.map((stats) => ({
        ...stats,
        upstreamLocalityStats: stats.upstreamLocalityStats.map((locality) => ({
          ...locality,
          upstreamEndpointStats: locality.upstreamEndpointStats.map(({ address, ...rest }) => ({
            ...rest,
            ...(address && { address: { address: { $case: "socketAddress" as const, value: address } } }),
          })),
        })),
      })),
    }),
  );

const numbersOf = (sample: LoadSample): number[] => [
  sample.successes,
  sample.errors,
  sample.issued,
  sample.inFlight,
  sample.latency.count,
  sample.latency.sumMs,
  sample.failedLatency.count,
  sample.failedLatency.sumMs,
];

it("lets only finite, non-negative, bounded numbers through, whatever comes in", () => {
  fc.assert(
    fc.property(request, (message) => {
      for (const report of decodeLoadStats(message, { node: "n", workers: 1, origin: NOWHERE }).reports) {
        expect(report.intervalMs).toBeGreaterThanOrEqual(MIN_INTERVAL_MS);
        expect(report.intervalMs).toBeLessThanOrEqual(MAX_INTERVAL_MS);
        expect(report.cluster).not.toBe("xds_cluster");
        for (const sample of report.endpoints.values()) {
          for (const value of numbersOf(sample)) expect(value >= 0 && value < Number.MAX_SAFE_INTEGER).toBe(true);
        }
      }
    }),
  );
});

it("reads the same clusters with and without the node", () => {
  fc.assert(
    fc.property(request, (message) => {
      const bytes = LoadStatsRequest.encode(message).finish();
      expect(readLaterMessage(bytes).clusterStats).toEqual(readFirstMessage(bytes).clusterStats);
    }),
  );
});

it("answers arbitrary bytes with a message or an error, never with anything else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [readFirstMessage, readLaterMessage]) {
        try {
          expect(Array.isArray(read(bytes).clusterStats)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
  );
});
