// What the server does with clients that stop reading, come all at once, or stay for ever, over real sockets.
import { type ClientHttp2Session, connect } from "node:http2";
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { DiscoveryRequest } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, until, XdsRig } from "../../harness/xds-rig.js";

const { endpoint } = TYPE_URLS;

/** A client that opens a stream, asks for `A` and grants a window of 64 KB and no more. */
function stuckClient(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => undefined);
  stream.pause();
  const message = DiscoveryRequest.create({ node: { id: "stuck" }, typeUrl: endpoint, resourceNames: ["A"] });
  const bytes = DiscoveryRequest.encode(message).finish();
  const header = Buffer.alloc(5);
  header.writeUInt32BE(bytes.length, 1);
  stream.write(Buffer.concat([header, bytes]));
  return session;
}

describe("a client that reads nothing", () => {
  test("is cut after a minute without progress, and another is not disturbed", async () => {
    const rig = await XdsRig.start();
    rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: endpoint, name: "A", bytes: namedBytes("A", "x".repeat(1e6)) }] });
    const reader = rig.client({ variant: "sotw" });
    reader.subscribe(endpoint, ["A"]);
    await reader.accept(endpoint);
    const stuck = stuckClient(rig.port);
    await until(() => rig.server.counts().streams === 2, "both are open");
    for (let quarter = 0; quarter < 4; quarter++) rig.clock.advance(15_000);
    expect(rig.server.counts().streams).toBe(2);
    rig.clock.advance(15_000);
    await until(() => rig.server.counts().streams === 1, "the stuck one is cut");
    expect(rig.metrics.get("steelyard_xds_streams_cut_total stalled")).toBe(1);
    rig.put(endpoint, { A: "small" });
    expect((await reader.accept(endpoint)).names).toEqual(["A"]);
    stuck.destroy();
    await rig.close();
  });

  test("holds a place among the first answers for a second only", async () => {
    const rig = await XdsRig.start({ limits: { maxFirstAnswers: 1 } });
    rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: endpoint, name: "A", bytes: namedBytes("A", "x".repeat(1e6)) }] });
    const stuck = stuckClient(rig.port);
    await until(() => rig.server.counts().streams === 1, "it is open");
    const others = ["one", "two", "three"].map((nodeId) => {
      const client = rig.client({ variant: "sotw", nodeId });
      client.subscribe(endpoint, ["A"]);
      return client;
    });
    await until(() => rig.metrics.get("steelyard_xds_first_answers_waiting") === 3, "three wait");
    rig.clock.advance(1_000);
    for (const client of others) await client.accept(endpoint);
    await until(() => rig.metrics.get("steelyard_xds_first_answers_waiting") === 0, "nobody waits");
    stuck.destroy();
    await rig.close();
  });
});

test("a client that is new finds its turn while changes go on", async () => {
  const rig = await XdsRig.start({ limits: { maxFirstAnswers: 1 } });
  rig.put(endpoint, { A: "1" });
  const clients = Array.from({ length: 20 }, (_, index) => {
    const client = rig.client({ variant: index % 2 === 0 ? "sotw" : "delta", nodeId: `n${index}` });
    client.subscribe(endpoint, ["A"]);
    return client;
  });
  for (const client of clients) await client.accept(endpoint);
  rig.put(endpoint, { A: "2" });
  for (const client of clients) expect((await client.accept(endpoint)).names).toEqual(["A"]);
  await rig.close();
});

test("an old stream is ended with UNAVAILABLE, its connection with GOAWAY, and the client comes back", async () => {
  const rig = await XdsRig.start({ limits: { maxStreamAgeMs: 100_000 }, rng: { next: () => 0.5 } });
  rig.put(endpoint, { A: "1" });
  const client = rig.client({ variant: "delta" });
  client.subscribe(endpoint, ["A"]);
  await client.accept(endpoint);
  let goneAway = false;
  const stuck = stuckClient(rig.port);
  stuck.on("goaway", () => (goneAway = true));
  await until(() => rig.server.counts().streams === 2, "both are open");
  rig.clock.advance(105_000);
  expect((await client.expectEnd()).code).toBe(status.UNAVAILABLE);
  await until(() => goneAway, "GOAWAY");
  expect(rig.metrics.get("steelyard_xds_streams_cut_total age")).toBe(2);
  client.reconnect({ resume: true });
  await client.expectNoResponse();
  rig.put(endpoint, { A: "2" });
  expect((await client.accept(endpoint)).names).toEqual(["A"]);
  stuck.destroy();
  await rig.close();
});
