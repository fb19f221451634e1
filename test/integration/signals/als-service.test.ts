// The access log service over a real gRPC connection: what it takes, and how it ends streams that are no good.
import { randomBytes } from "node:crypto";
import {
  type ClientWritableStream,
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { AccessLogServiceService, StreamAccessLogsMessage } from "../../../src/gen/envoy/service/accesslog/v3/als.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { type AlsLimits, AlsService } from "../../../src/signals/als-service.js";
import type { Attempt } from "../../../src/signals/attempt.js";
import { accessLog, entry } from "../../unit/signals/als-fixtures.js";
import { countingMetrics } from "../../unit/signals/fixtures.js";

let server: Server;
let service: AlsService;
let metrics: ReturnType<typeof countingMetrics>;
let address: string;
let attempts: Attempt[];
let changed: () => void;
const closers: (() => void)[] = [];

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
}

async function serve(limits: Partial<AlsLimits> = {}, refusal?: (node: string) => string | undefined): Promise<void> {
  server = new Server();
  const heard: Attempt[] = [];
  attempts = heard;
  changed = () => undefined;
  const counting = countingMetrics();
  metrics = counting;
  service = new AlsService({
    clock: new ManualClock(),
    metrics: {
      ...counting,
      count: (...args) => {
        counting.count(...args);
        changed();
      },
    },
    limits,
    ...(refusal && { refusal }),
    onAttempts: (some) => {
      heard.push(...some);
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

interface RawStream {
  readonly stream: ClientWritableStream<Buffer>;
  /** How the call ended. */
  readonly outcome: Promise<ServiceError | undefined>;
  readonly write: (message: StreamAccessLogsMessage | Buffer) => void;
}

function connect(): RawStream {
  const Raw = makeGenericClientConstructor({}, "raw");
  const client = new Raw(address, credentials.createInsecure());
  closers.push(() => client.close());
  let end: (error: ServiceError | undefined) => void;
  const outcome = new Promise<ServiceError | undefined>((resolve) => {
    end = resolve;
  });
  const stream = client.makeClientStreamRequest(
    AccessLogServiceService.streamAccessLogs.path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    new Metadata(),
    {},
    (error) => end(error ?? undefined),
  );
  stream.on("error", () => undefined);
  return {
    stream,
    outcome,
    write: (message) =>
      void stream.write(
        Buffer.isBuffer(message) ? message : Buffer.from(StreamAccessLogsMessage.encode(message).finish()),
      ),
  };
}

beforeEach(() => serve());
afterEach(() => {
  for (const close of closers.splice(0)) close();
  server.forceShutdown();
});

describe("access log stream", () => {
  it("tells its node once and attempts for as long as it is open", async () => {
    const { write } = connect();
    write(accessLog([entry(), entry({ port: 9002 })], "edge-1"));
    write(accessLog([entry({ status: 503 })]));
    await until(() => attempts.length === 3);
    expect(attempts.map(({ endpoint, outcome }) => `${endpoint} ${outcome}`)).toEqual([
      "127.0.0.1:9001 answered",
      "127.0.0.1:9002 answered",
      "127.0.0.1:9001 failed",
    ]);
    expect(metrics.totals.get("steelyard_als_attempts_total")).toBe(3);
    expect(service.openStreams).toBe(1);
  });

  it("ends with INVALID_ARGUMENT when it is no access log, while the others go on", async () => {
    const good = connect();
    good.write(accessLog([entry()], "edge-1"));
    const bad = connect();
    bad.write(Buffer.from("GET / HTTP/1.1\r\n"));
    expect(await bad.outcome).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "not a StreamAccessLogsMessage",
    });
    const nameless = connect();
    nameless.write(accessLog([entry()]));
    expect(await nameless.outcome).toMatchObject({ code: status.INVALID_ARGUMENT });
    good.write(accessLog([entry()]));
    await until(() => attempts.length === 2);
    expect(service.openStreams).toBe(1);
  });

  it("of random bytes is refused, and nothing is taken from it", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, length) => {
        const { write, outcome } = connect();
        write(randomBytes(1 + 20 * length));
        return outcome;
      }),
    );
    // Bytes may happen to be a message of unknown fields; it then lacks the node.
    expect(new Set(outcomes.map((error) => error?.code))).toEqual(new Set([status.INVALID_ARGUMENT]));
    expect(attempts).toEqual([]);
    expect(service.openStreams).toBe(0);
  });

  it("is refused beyond the limits on size and on streams", async () => {
    server.forceShutdown();
    await serve({ maxMessageBytes: 1_000, maxStreams: 2 });
    const large = connect();
    large.write(
      accessLog(
        Array.from({ length: 50 }, () => entry()),
        "edge-1",
      ),
    );
    expect(await large.outcome).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    for (const node of ["edge-2", "edge-3"]) connect().write(accessLog([entry()], node));
    await until(() => attempts.length === 2);
    const oneMore = connect();
    oneMore.write(accessLog([entry()], "edge-4"));
    expect(await oneMore.outcome).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(service.openStreams).toBe(2);
  });

  it("of a node that its client may not be is refused before anything is taken from it", async () => {
    server.forceShutdown();
    await serve({}, (node) => (node === "edge-1" ? undefined : "not a node id of this client"));
    const allowed = connect();
    allowed.write(accessLog([entry()], "edge-1"));
    const other = connect();
    other.write(accessLog([entry({ port: 9002 })], "edge-2"));
    expect(await other.outcome).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: "not a node id of this client",
    });
    allowed.write(accessLog([entry()]));
    await until(() => attempts.length === 2);
    expect(attempts.map(({ endpoint }) => endpoint)).toEqual(["127.0.0.1:9001", "127.0.0.1:9001"]);
    expect(metrics.totals.get("steelyard_als_streams_refused_total principal")).toBe(1);
  });

  it("beyond the rate is thinned, unread and counted, and goes on", async () => {
    server.forceShutdown();
    const size = StreamAccessLogsMessage.encode(accessLog([entry()])).finish().length;
    // Four seconds' worth are allowed at once, and the clock of this test stands still.
    await serve({ streamBytesPerSecond: (5 * size) / 4 });
    const { write } = connect();
    write(accessLog([], "e"));
    for (let i = 0; i < 20; i++) write(accessLog([entry()]));
    await until(() => metrics.totals.get("steelyard_als_messages_total") === 21);
    await until(() => attempts.length + (metrics.totals.get("steelyard_als_dropped_messages_total") ?? 0) === 20);
    expect(attempts.length).toBe(4);
    expect(service.openStreams).toBe(1);
  });
});
