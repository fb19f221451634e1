import { describe, expect, it } from "@jest/globals";
import { ClusterStats } from "../../../src/gen/envoy/config/endpoint/v3/load_report.js";
import { NOWHERE } from "../../../src/model/zone.js";
import { decodeLoadStats } from "../../../src/signals/lrs-decoder.js";
import { clusterStats } from "./fixtures.js";

const REPORTER = { node: "edge-1", workers: 4, origin: NOWHERE };
const decode = (...stats: ClusterStats[]) => decodeLoadStats({ clusterStats: stats }, REPORTER);
const only = (...stats: ClusterStats[]) => {
  const { reports, rejected } = decode(...stats);
  expect(rejected.size).toBe(0);
  expect(reports).toHaveLength(1);
  return reports[0]!;
};

describe("what Envoy sends", () => {
  it("turns counters and status metrics into a report", () => {
    const report = only(
      clusterStats("checkout", [
        {
          ok: 90,
          errors: 10,
          issued: 101,
          inFlight: 3,
          metrics: {
            "named_metrics.s200": [80, 1_600_000],
            s204: [5, 100_000],
            "named_metrics.s302": [5, 50_000],
            "named_metrics.s404": [2, 4_000],
            "named_metrics.s503": [10, 5_000],
          },
        },
      ]),
    );
    expect(report).toEqual({
      ...REPORTER,
      cluster: "checkout",
      intervalMs: 1_000,
      endpoints: new Map([
        [
          "127.0.0.1:9001",
          {
            successes: 90,
            errors: 10,
            issued: 101,
            inFlight: 3,
            latency: { count: 90, sumMs: 1_750 },
            failedLatency: { count: 12, sumMs: 9 },
          },
        ],
      ]),
    });
  });

  it("counts 429 as an error: Envoy calls it a success, but it says that there is too much to do", () => {
    const sample = only(
      clusterStats("checkout", [
        { ok: 100, errors: 1, issued: 101, metrics: { s200: [60, 600_000], s429: [30, 3_000], s404: [10, 1_000] } },
      ]),
    ).endpoints.get("127.0.0.1:9001");
    expect(sample).toMatchObject({ successes: 70, errors: 31, issued: 101, latency: { count: 60 } });
  });

  it("never takes more 429s than there were successes", () => {
    const sample = only(clusterStats("checkout", [{ ok: 5, issued: 5, metrics: { s429: [30, 3_000] } }])).endpoints.get(
      "127.0.0.1:9001",
    );
    expect(sample).toMatchObject({ successes: 0, errors: 5 });
  });

  it("uses the report's own interval, to the millisecond, and takes the 5.2 s after a reconnect", () => {
    expect(only(clusterStats("checkout", [{ ok: 1 }], 5_217)).intervalMs).toBe(5_217);
  });

  it("reads an idle cluster as an empty report, not as no report", () => {
    const idle = ClusterStats.create({ clusterName: "checkout", loadReportInterval: { seconds: 1n } });
    expect(only(idle).endpoints.size).toBe(0);
  });

  it("leaves out the connection to this server", () => {
    expect(decode(clusterStats("xds_cluster", [{ ok: 1 }])).reports).toEqual([]);
  });

  it("goes by the EDS service name where the cluster has another one", () => {
    const stats = { ...clusterStats("outbound|80|checkout", [{ ok: 1 }]), clusterServiceName: "checkout" };
    expect(only(stats).cluster).toBe("checkout");
  });

  it("adds two clusters of one service to one report over the same time", () => {
    const other = { ...clusterStats("checkout-low", [{ ok: 5, inFlight: 1 }]), clusterServiceName: "checkout" };
    const report = only(clusterStats("checkout", [{ ok: 7, inFlight: 2 }]), other);
    expect(report.intervalMs).toBe(1_000);
    expect(report.endpoints.get("127.0.0.1:9001")).toMatchObject({ successes: 12, inFlight: 3 });
  });

  it("adds the clusters of a service's priorities to the service's report", () => {
    const report = only(
      clusterStats("checkout|high", [{ ok: 1, inFlight: 1 }]),
      clusterStats("checkout", [{ ok: 7, inFlight: 2 }]),
      clusterStats("checkout|low", [{ ok: 5 }]),
    );
    expect(report).toMatchObject({ cluster: "checkout", intervalMs: 1_000 });
    expect(report.endpoints.get("127.0.0.1:9001")).toMatchObject({ successes: 13, inFlight: 3 });
  });

  it("leaves other names with a bar as they are", () => {
    expect(only(clusterStats("outbound|80||checkout", [{ ok: 1 }])).cluster).toBe("outbound|80||checkout");
  });

  it("writes IPv6 endpoints with brackets", () => {
    expect([...only(clusterStats("checkout", [{ ok: 1, address: "::1" }])).endpoints.keys()]).toEqual(["[::1]:9001"]);
  });

  it("ignores metrics that are not by status", () => {
    const report = only(
      clusterStats("checkout", [{ ok: 1, metrics: { "named_metrics.gpu": [1, Number.NaN], s2000: [1, -1] } }]),
    );
    expect(report.endpoints.get("127.0.0.1:9001")?.latency).toEqual({ count: 0, sumMs: 0 });
  });
});

describe("what nobody should send", () => {
  it.each([0, 249, 60_001])("rejects an interval of %d ms", (intervalMs) => {
    const { reports, rejected } = decode(clusterStats("checkout", [{ ok: 1 }], intervalMs));
    expect(reports).toEqual([]);
    expect([...rejected]).toEqual([["interval", 1]]);
  });

  it.each([250, 60_000])("takes an interval of %d ms", (intervalMs) => {
    expect(only(clusterStats("checkout", [{ ok: 1 }], intervalMs)).intervalMs).toBe(intervalMs);
  });

  it("rejects a report without interval, with a negative one, and one without a name", () => {
    const without = { ...clusterStats("a", [{ ok: 1 }]), loadReportInterval: undefined };
    const negative = { ...clusterStats("b", [{ ok: 1 }]), loadReportInterval: { seconds: -1n, nanos: 0 } };
    const { reports, rejected } = decode(without, negative, clusterStats("", [{ ok: 1 }]));
    expect(reports).toEqual([]);
    expect([...rejected]).toEqual([
      ["interval", 2],
      ["cluster", 1],
    ]);
  });

  it("rejects traffic without per-endpoint counters instead of reading it as idle", () => {
    const localityOnly = ClusterStats.create({
      clusterName: "checkout",
      loadReportInterval: { seconds: 1n },
      upstreamLocalityStats: [{ totalSuccessfulRequests: 10n }],
    });
    expect([...decode(localityOnly).rejected]).toEqual([["no_endpoint_stats", 1]]);
  });

  it.each([
    ["more completions than a billion", { ok: 600_000_000, errors: 600_000_000 }],
    ["2^64 - 1 in flight", { inFlight: 18_446_744_073_709_551_615n }],
    ["a billion and one issued", { issued: 1_000_000_001 }],
  ])("drops an endpoint with %s, and keeps its neighbour", (_, numbers) => {
    const { reports, rejected } = decode(clusterStats("checkout", [numbers, { ok: 3, port: 9002 }]));
    expect([...rejected]).toEqual([["counter", 1]]);
    expect([...reports[0]!.endpoints.keys()]).toEqual(["127.0.0.1:9002"]);
  });

  it.each([
    ["NaN", [1, Number.NaN]],
    ["infinite", [1, Number.POSITIVE_INFINITY]],
    ["negative", [1, -1]],
    ["without requests", [0, 1]],
    ["of more than an hour a request", [2, 7_200_000_001 * 1_000]],
  ] as const)("takes no latency whose sum is %s, and keeps the counters", (_, [count, value]) => {
    const { reports, rejected } = decode(clusterStats("checkout", [{ ok: 1, metrics: { s200: [count, value] } }]));
    expect([...rejected]).toEqual([["latency", 1]]);
    const nothing = { count: 0, sumMs: 0 };
    const [endpoint] = reports[0]!.endpoints.values();
    expect(endpoint).toMatchObject({ successes: 1, latency: nothing, failedLatency: nothing });
  });

  it("an implausible utilisation costs only itself: a backend cannot hide its errors behind it", () => {
    const metrics = { "named_metrics.s503": [9, 9_000], "named_metrics.utilization": [9, 900] } as const;
    const { reports, rejected } = decode(clusterStats("checkout", [{ ok: 1, errors: 9, metrics }]));
    expect([...rejected]).toEqual([["utilization", 1]]);
    const endpoint = reports[0]?.endpoints.get("127.0.0.1:9001");
    expect(endpoint).toMatchObject({ errors: 9, failedLatency: { count: 9, sumMs: 9 } });
    expect(endpoint?.utilization).toBeUndefined();
  });

  it("drops endpoints without a usable address", () => {
    const stats = clusterStats("checkout", [
      { ok: 1, port: 0 },
      { ok: 1, port: 65_536 },
      { ok: 1, address: "" },
      { ok: 1 },
    ]);
    stats.upstreamLocalityStats[0]!.upstreamEndpointStats[3]!.address = {
      address: { $case: "pipe", value: { path: "/run/x", mode: 0 } },
    };
    const { reports, rejected } = decode(stats);
    expect([...rejected]).toEqual([["address", 4]]);
    expect(reports[0]!.endpoints.size).toBe(0);
  });
});

describe("what gRPC clients send", () => {
  const localities = (...entries: readonly (readonly [subZone: string, ok: number, more?: object])[]) =>
    ClusterStats.create({
      clusterName: "checkout",
      loadReportInterval: { seconds: 1n },
      upstreamLocalityStats: entries.map(([subZone, ok, more]) => ({
        locality: { subZone },
        totalSuccessfulRequests: BigInt(ok),
        totalIssuedRequests: BigInt(ok),
        ...more,
      })),
    });

  it("is read as endpoints: a locality is one, named by its address", () => {
    const { reports, byLocality, rejected } = decode(
      localities(["127.0.0.1:9001", 10, { totalErrorRequests: 2n, totalRequestsInProgress: 3n }], ["[fd00::1]:80", 5]),
    );
    expect(rejected.size).toBe(0);
    expect([...byLocality]).toEqual(["checkout"]);
    expect([...(reports[0]?.endpoints ?? [])]).toEqual([
      ["127.0.0.1:9001", expect.objectContaining({ successes: 10, errors: 2, issued: 10, inFlight: 3 })],
      ["[fd00::1]:80", expect.objectContaining({ successes: 5, latency: { count: 0, sumMs: 0 } })],
    ]);
  });

  it.each([
    "",
    "rack-1",
    "127.0.0.1",
    "127.0.0.1:0",
    "127.0.0.1:70000",
    "1.2.3:80",
    "[127.0.0.1]:80",
    "[::1:80",
    "a:80",
  ])("a locality %p stands for nobody: with traffic it costs the cluster's report", (subZone) => {
    const { reports, rejected } = decode(localities(["127.0.0.1:9001", 10], [subZone, 1]));
    expect(reports).toEqual([]);
    expect([...rejected]).toEqual([["no_endpoint_stats", 1]]);
  });

  it("costs one endpoint when a counter is absurd", () => {
    const { reports, rejected } = decode(localities(["127.0.0.1:9001", 2_000_000_000], ["127.0.0.1:9002", 1]));
    expect([...(reports[0]?.endpoints.keys() ?? [])]).toEqual(["127.0.0.1:9002"]);
    expect([...rejected]).toEqual([["counter", 1]]);
  });

  it("is no matter for Envoy's reports, whose localities have endpoints", () => {
    expect([...decode(clusterStats("checkout", [{ ok: 1 }])).byLocality]).toEqual([]);
  });
});
