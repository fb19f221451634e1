// All write paths are one to the client: how streams end, how long requests arrive, what is refused. And the quick ones are
// open with the grpc-js we ship: if its shape changes, this is where it shows.
import { gzipSync } from "node:zlib";
import { Server, ServerCredentials, ServerInterceptingCall, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DiscoveryRequest } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { StreamError, TYPE_URLS } from "../../../src/xds/index.js";
import { AdsClient } from "../../harness/ads-client.js";
import { RawCall } from "../../harness/raw-call.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, PATHS, until, XdsRig } from "../../harness/xds-rig.js";

const { cluster, endpoint } = TYPE_URLS;

function request(names: readonly string[]): Buffer {
  const message = DiscoveryRequest.create({ node: { id: "n" }, typeUrl: endpoint, resourceNames: [...names] });
  return Buffer.from(DiscoveryRequest.encode(message).finish());
}

function frame(message: Uint8Array, flag = 0): Buffer {
  const header = Buffer.from([flag, 0, 0, 0, 0]);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

describe.each(PATHS)("%s", (path) => {
  let rig: XdsRig;
  let expected = path;
  const calls: RawCall[] = [];
  const raw = (headers?: Readonly<Record<string, string>>): RawCall => {
    const call = new RawCall(rig.port, headers ? { headers } : {});
    calls.push(call);
    return call;
  };
  beforeEach(async () => {
    rig = await XdsRig.start({ path });
    rig.put(endpoint, { A: "1" });
  });
  afterEach(async () => {
    for (const call of calls.splice(0)) call.close();
    await rig.close();
    expect(rig.server.counts()).toEqual({ streams: 0, subscriptions: 0, awake: 0 });
    const opened = (name: string): number => rig.metrics.get(`steelyard_xds_streams_opened_total ${name}`);
    await until(() => opened(expected) > 0, "it is counted");
    expect(PATHS.filter((name) => opened(name) > 0)).toEqual([expected]);
    expected = path;
  });

  test("a half-closed call is answered, then ends with OK", async () => {
    const call = raw();
    call.stream.write(frame(request(["A"])));
    await until(() => call.bytes > 0, "an answer");
    call.stream.end();
    expect(await call.ended()).toBe("OK");
  });

  test("a status of ours reaches the client after all that was written", async () => {
    const client = rig.client({ variant: "sotw" });
    client.subscribe(endpoint, ["A"]);
    client.sendBytes(Buffer.from("ffff", "hex"));
    expect((await client.expectResponse(endpoint)).names).toEqual(["A"]);
    expect(await client.expectEnd()).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: "the request is not a valid protobuf message",
    });
  });

  test("a reset call frees its stream and counts no error", async () => {
    const call = raw();
    call.stream.write(frame(request(["A"])).subarray(0, 9));
    await until(() => rig.server.counts().streams === 1, "the stream is open");
    call.stream.destroy(new Error("reset"));
    await until(() => rig.server.counts().streams === 0, "the stream is gone");
    expect(Object.keys(rig.metrics.all()).filter((key) => key.includes("stream_errors"))).toEqual([]);
  });

  test("a deadline of the client ends the stream, and what changes afterwards is not written", async () => {
    if (path === "direct") expected = "http2"; // deadlines are grpc-js's
    const call = raw({ "grpc-timeout": "50m" });
    call.stream.write(frame(request(["A"])));
    expect(await call.ended()).toBe("DEADLINE_EXCEEDED");
    rig.put(endpoint, { A: "2" });
    await until(() => rig.server.counts().streams === 0, "the stream is gone");
  });

  test("a response of 300 KB and one of 5 MB arrive whole", async () => {
    const client = rig.client({ variant: "sotw" });
    client.subscribe(endpoint, ["big"]);
    await client.accept(endpoint);
    for (const size of [300_000, 5_000_000]) {
      const bytes = namedBytes("big", "x".repeat(size));
      rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: endpoint, name: "big", bytes }] });
      expect((await client.accept(endpoint)).resources.get("big")).toHaveLength(bytes.length);
    }
  });

  test("a request of 300 KB in pieces is read whole; two in one piece are two", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}`.padEnd(300, "x"));
    const call = raw();
    const long = frame(request([...names, "A"]));
    for (let at = 0; at < long.length; at += 10_000) call.stream.write(long.subarray(at, at + 10_000));
    await until(() => call.bytes > 0, "an answer");
    const ack = DiscoveryRequest.encode(DiscoveryRequest.create({ typeUrl: cluster })).finish();
    call.stream.write(Buffer.concat([frame(ack), frame(ack)]));
    const seen = (): number => rig.metrics.get("steelyard_xds_requests_total cds none");
    await until(() => seen() === 2, "both are read");
  });

  test("a request longer than the limit is refused", async () => {
    const call = raw();
    call.stream.write(frame(Buffer.alloc((1 << 20) + 1)));
    expect(await call.ended()).toBe("RESOURCE_EXHAUSTED");
  });

  test("a message marked as compressed without an encoding is refused", async () => {
    const call = raw();
    call.stream.write(frame(gzipSync(request(["A"])), 1));
    expect(["INTERNAL", "INVALID_ARGUMENT"]).toContain(await call.ended());
  });

  test("a server that stops says so", async () => {
    const client = rig.client({ variant: "delta" });
    client.subscribe(endpoint, ["A"]);
    await client.accept(endpoint);
    const ended = client.expectEnd();
    await rig.server.close();
    expect((await ended).code).toBe(status.UNAVAILABLE);
  });

  test("a refused stream gets its status", async () => {
    const refusing = await XdsRig.start({
      path,
      callbacks: {
        onStreamOpened: () => {
          throw new StreamError(status.PERMISSION_DENIED, "not you");
        },
      },
    });
    const call = new RawCall(refusing.port);
    call.stream.write(frame(request(["A"])));
    expect(await call.ended()).toBe("PERMISSION_DENIED");
    call.close();
    await refusing.close();
    raw().stream.write(frame(request(["A"])));
    await until(() => rig.server.counts().streams === 1, "the stream is open");
  });
});

test("a call that ends in the middle of a message is an error of the client", async () => {
  const rig = await XdsRig.start();
  const call = new RawCall(rig.port);
  call.stream.end(frame(request(["A"])).subarray(0, 20));
  expect(await call.ended()).toBe("INTERNAL");
  expect(rig.metrics.get("steelyard_xds_stream_errors_total INTERNAL")).toBe(1);
  call.close();
  await rig.close();
});

test("a message that unpacks to a hundred times the limit is refused", async () => {
  const rig = await XdsRig.start();
  const call = new RawCall(rig.port, { headers: { "grpc-encoding": "gzip" } });
  call.stream.write(frame(gzipSync(Buffer.alloc(100 << 20)), 1));
  expect(await call.ended()).toBe("RESOURCE_EXHAUSTED");
  await until(() => rig.server.counts().streams === 0, "the stream is gone");
  call.close();
  await rig.close();
});

test("a client that announces compression is served on the path that understands it", async () => {
  const rig = await XdsRig.start();
  rig.put(endpoint, { A: "1" });
  const call = new RawCall(rig.port, { headers: { "grpc-encoding": "gzip" } });
  call.stream.write(frame(gzipSync(request(["A"])), 1));
  await until(() => call.bytes > 0, "an answer");
  await until(() => rig.metrics.get("steelyard_xds_streams_opened_total grpc-js") === 1, "it is counted");
  call.close();
  await rig.close();
});

test("interceptors see every message: their streams are not taken over", async () => {
  const rig = new XdsRig();
  rig.put(endpoint, { A: "1" });
  const seen: string[] = [];
  const grpc = new Server({
    interceptors: [
      (_, call) =>
        new ServerInterceptingCall(call, {
          start: (next) => next({ onReceiveMessage: (message, pass) => (seen.push("request"), pass(message)) }),
          sendMessage: (message, next) => (seen.push("response"), next(message)),
        }),
    ],
  });
  rig.server.addTo(grpc);
  const port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const client = new AdsClient({ port, variant: "sotw" });
  client.subscribe(endpoint, ["A"]);
  await client.accept(endpoint);
  expect(seen.slice(0, 2)).toEqual(["request", "response"]);
  await until(() => rig.metrics.get("steelyard_xds_streams_opened_total grpc-js") === 1, "it is counted");
  client.close();
  await rig.close();
  grpc.forceShutdown();
});
