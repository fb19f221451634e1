// Envoy's side, the tap, and the server's own load reporting service behind it.
import { once } from "node:events";
import { type ClientDuplexStream, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { reportFaultOf } from "../../../bench/balance/report-fault.js";
import type { ReportFault } from "../../../bench/balance/scenario.js";
import { LoadReportTap } from "../../../envoy/lab/load-report-tap.js";
import { until } from "../../../envoy/lab/until.js";
import {
  LoadReportingServiceClient,
  LoadStatsRequest,
  type LoadStatsResponse,
} from "../../../src/gen/envoy/service/load_stats/v3/lrs.js";
import type { LoadReport } from "../../../src/model/load.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import type { Rng } from "../../../src/runtime/rng.js";
import { LrsService } from "../../../src/signals/lrs-service.js";
import { clusterStats } from "../../unit/signals/fixtures.js";

let server: Server;
let upstream: string;
let reports: LoadReport[];
const closing: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  reports = [];
  server = new Server();
  const onReport = (report: LoadReport): number => reports.push(report);
  new LrsService({ clock: new ManualClock(), onReport, onNodeGone: () => undefined }).addTo(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  upstream = `127.0.0.1:${port}`;
  closing.push(() => server.forceShutdown());
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function streamThrough(
  fault: ReportFault,
  rng: Rng,
): Promise<ClientDuplexStream<LoadStatsRequest, LoadStatsResponse>> {
  const onReport = reportFaultOf(fault, { rng, liar: "edge-1", portsOf: () => new Set([8_001]) });
  const tap = await LoadReportTap.start({ upstream, onReport });
  closing.push(() => tap.stop());
  const client = new LoadReportingServiceClient(`127.0.0.1:${tap.port}`, credentials.createInsecure());
  closing.push(() => client.close());
  const stream = client.streamLoadStats();
  stream.on("error", () => undefined); // the tap goes away at the end
  return stream;
}

/** A report of `edge` about two hosts, each 10 answers in 100 ms altogether. */
function reportOf(edge: string, ok: number): LoadStatsRequest {
  const hosts = [8_001, 8_002].map((port) => ({ port, ok, metrics: { "named_metrics.s200": [10, 100_000] as const } }));
  return LoadStatsRequest.create({ node: { id: edge }, clusterStats: [clusterStats("adaptive", hosts)] });
}

const received = (count: number) => () => (reports.length >= count ? true : undefined);

test("lost reports: those that the dice choose, but never the first, and the answer comes through", async () => {
  const dice = [0.1, 0.9, 0.2, 0.8];
  const stream = await streamThrough({ kind: "lost", fraction: 0.3 }, { next: () => dice.shift() ?? 0 });
  stream.write(reportOf("edge-1", 1));
  const [answer] = (await once(stream, "data")) as [LoadStatsResponse];
  expect(answer.sendAllClusters).toBe(true);
  for (const ok of [2, 3, 4, 5]) stream.write(reportOf("edge-1", ok));
  await until(received(3), { what: "three reports arrive", everyMs: 5 });
  const successes = reports.map(({ endpoints }) => endpoints.get("127.0.0.1:8001")?.successes);
  expect(successes).toEqual([1, 3, 5]);
});

test("false reports: one Envoy exaggerates the latency of one host; all else is as it was", async () => {
  const fault: ReportFault = { kind: "false", host: 0, factor: 10 };
  const stream = await streamThrough(fault, { next: () => 0 });
  stream.write(reportOf("edge-1", 10));
  await once(stream, "data");
  stream.write(reportOf("edge-1", 10));
  stream.write(reportOf("edge-2", 10));
  await until(received(3), { what: "three reports arrive", everyMs: 5 });
  const latencies = reports.map(({ endpoints }) => [...endpoints.values()].map(({ latency }) => latency));
  expect(latencies).toEqual([
    [
      { count: 10, sumMs: 100 },
      { count: 10, sumMs: 100 },
    ],
    [
      { count: 10, sumMs: 1_000 },
      { count: 10, sumMs: 100 },
    ],
    [
      { count: 10, sumMs: 100 },
      { count: 10, sumMs: 100 },
    ],
  ]);
});
