import { once } from "node:events";
import {
  type ClientDuplexStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import {
  LoadReportingServiceClient,
  LoadReportingServiceService,
  LoadStatsRequest,
  type LoadStatsResponse,
} from "../../../src/gen/envoy/service/load_stats/v3/lrs.js";
import type { LoadReport } from "../../../src/model/load.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { type LrsLimits, LrsService } from "../../../src/signals/lrs-service.js";
import { clusterStats, countingMetrics } from "../../unit/signals/fixtures.js";

type Stream = ClientDuplexStream<LoadStatsRequest, LoadStatsResponse>;

let server: Server;
let service: LrsService;
let metrics: ReturnType<typeof countingMetrics>;
let address: string;
let reports: LoadReport[];
let gone: string[];
let changed: () => void;
const closers: (() => void)[] = [];

/** Waits until something the service reports makes `condition` true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
}

async function serve(limits: Partial<LrsLimits> = {}): Promise<void> {
  server = new Server();
  // Streams of an earlier test may still be closing: they get arrays of their own.
  const heard: LoadReport[] = [];
  const left: string[] = [];
  reports = heard;
  gone = left;
  changed = () => undefined;
  metrics = countingMetrics();
  service = new LrsService({
    clock: new ManualClock(),
    metrics,
    limits,
    onReport: (report) => {
      heard.push(report);
      changed();
    },
    onNodeGone: (node) => {
      left.push(node);
      changed();
    },
  });
  service.addTo(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  address = `127.0.0.1:${port}`;
}

function connect(): Stream {
  const client = new LoadReportingServiceClient(address, credentials.createInsecure());
  closers.push(() => client.close());
  return client.streamLoadStats();
}

const request = (id: string, ok = 1, workers = 1): LoadStatsRequest =>
  LoadStatsRequest.create({
    node: { id, metadata: { steelyard: { workers } } },
    clusterStats: [clusterStats("checkout", [{ ok, metrics: { "named_metrics.s200": [ok, ok * 5_000] } }])],
  });

async function failure(stream: { once(event: "error", listener: (error: ServiceError) => void): unknown }) {
  return new Promise<ServiceError>((resolve) => stream.once("error", resolve));
}

beforeEach(() => serve());

afterEach(() => {
  for (const close of closers.splice(0)) close();
  server.forceShutdown();
});

describe("a well-behaved proxy", () => {
  it("gets one answer, ever, and is heard from the first message on", async () => {
    const stream = connect();
    const answers: LoadStatsResponse[] = [];
    stream.on("data", (answer: LoadStatsResponse) => answers.push(answer));
    stream.on("error", () => undefined);
    stream.write(request("edge-1", 10, 4));
    stream.write(request("", 20));
    await until(() => reports.length === 2);
    expect(reports.map(({ node, workers }) => ({ node, workers }))).toEqual([
      { node: "edge-1", workers: 4 },
      { node: "edge-1", workers: 4 },
    ]);
    expect(reports[1]?.endpoints.get("127.0.0.1:9001")).toMatchObject({
      successes: 20,
      latency: { count: 20, sumMs: 100 },
    });
    stream.end();
    await once(stream, "end");
    expect(answers).toEqual([
      {
        clusters: [],
        sendAllClusters: true,
        reportEndpointGranularity: true,
        loadReportingInterval: { seconds: 1n, nanos: 0 },
      },
    ]);
    expect(gone).toEqual(["edge-1"]);
    expect(service.openStreams).toBe(0);
  });

  it("is gone when its connection breaks, but not while another stream of it is open", async () => {
    const first = connect();
    const second = connect();
    for (const stream of [first, second]) {
      stream.on("error", () => undefined);
      stream.on("data", () => undefined);
      stream.write(request("edge-1"));
    }
    await until(() => reports.length === 2);
    const third = connect();
    third.on("error", () => undefined);
    third.write(request("edge-2"));
    await until(() => reports.length === 3);
    first.cancel();
    third.cancel();
    await until(() => gone.length === 1);
    expect(gone).toEqual(["edge-2"]);
    second.cancel();
    await until(() => gone.length === 2);
    expect(gone).toEqual(["edge-2", "edge-1"]);
    expect(service.openStreams).toBe(0);
  });
});

describe("a bad proxy", () => {
  it.each(["", "x".repeat(300)])("is refused with the node id %p", async (id) => {
    const stream = connect();
    const failed = failure(stream);
    stream.on("data", () => undefined);
    stream.write(request(id));
    expect(await failed).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(reports).toEqual([]);
    expect(gone).toEqual([]);
  });

  it("loses only its own stream by a malformed message", async () => {
    const good = connect();
    good.on("error", () => undefined);
    good.write(request("edge-1"));
    await until(() => reports.length === 1);

    const { streamLoadStats } = LoadReportingServiceService;
    const Raw = makeGenericClientConstructor({ ...LoadReportingServiceService }, "raw");
    const raw = new Raw(address, credentials.createInsecure());
    closers.push(() => raw.close());
    const bad = raw.makeBidiStreamRequest(
      streamLoadStats.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      new Metadata(),
    );
    bad.on("data", () => undefined);
    const failed = failure(bad);
    bad.write(Buffer.from(LoadStatsRequest.encode(request("edge-2")).finish()));
    bad.write(Buffer.from("GET / HTTP/1.1\r\n"));
    expect(await failed).toMatchObject({ code: status.INVALID_ARGUMENT, details: "not a LoadStatsRequest" });
    expect(gone).toEqual(["edge-2"]);

    good.write(request("edge-1"));
    await until(() => reports.length === 3);
    expect(service.openStreams).toBe(1);
    expect(metrics.totals.get("steelyard_lrs_streams_refused_total malformed")).toBe(1);
  });

  it("is refused beyond the limits on size and on streams", async () => {
    server.forceShutdown();
    await serve({ maxMessageBytes: 1_000, maxStreams: 2 });
    const large = connect();
    const tooLarge = failure(large);
    large.write(request("edge-1".padEnd(200, "x"), 1));
    large.write({
      ...request("e"),
      clusterStats: Array.from({ length: 50 }, () => clusterStats("checkout", [{ ok: 1 }])),
    });
    expect(await tooLarge).toMatchObject({ code: status.RESOURCE_EXHAUSTED });

    for (const id of ["edge-2", "edge-3"]) {
      const stream = connect();
      stream.on("error", () => undefined);
      stream.write(request(id));
    }
    await until(() => reports.length === 3);
    const oneMore = connect();
    const tooMany = failure(oneMore);
    oneMore.on("data", () => undefined);
    oneMore.write(request("edge-4"));
    expect(await tooMany).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(service.openStreams).toBe(2);
  });

  it("is not listened to when it floods", async () => {
    const stream = connect();
    stream.on("error", () => undefined);
    stream.on("data", () => undefined);
    for (let i = 0; i < 80; i++) stream.write(request("edge-1"));
    stream.end();
    await until(() => gone.length === 1);
    expect(reports).toHaveLength(60);
    expect(metrics.totals.get("steelyard_lrs_rejected_total rate")).toBe(20);
  });
});
