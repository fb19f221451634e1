// Streams come and go, servers start and stop: nothing leaks, everybody is told.

import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { expect, test } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import type { MetricSink } from "../../../src/runtime/metrics.js";
import { type NodeInfo, ResourceCache, StreamError, TYPE_URLS, XdsServer } from "../../../src/xds/index.js";
import { DISCOVERY_SERVICES } from "../../../src/xds/services.js";
import { AdsClient } from "../../harness/ads-client.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { until, XdsRig } from "../../harness/xds-rig.js";

const { cluster, endpoint } = TYPE_URLS;

test("38: streams that end free all they held, however they end", async () => {
  const rig = await XdsRig.start();
  rig.put(cluster, { A: "1" });
  rig.put(endpoint, { A: "1" });
  const client = rig.client({ variant: "sotw" });
  const other = rig.client({ variant: "delta" });
  for (let round = 0; round < 200; round++) {
    for (const each of [client, other]) {
      each.subscribe(cluster);
      each.subscribe(endpoint, ["A", `absent ${round}`]);
      if (round % 2 === 0) await each.accept(cluster);
      each.reconnect();
    }
  }
  client.close();
  other.close();
  await until(() => rig.server.counts().streams === 0, "all streams are gone");
  expect(rig.server.counts()).toEqual({ streams: 0, subscriptions: 0, awake: 0 });
  expect(rig.server.nodes()).toEqual([]);
  await rig.close();
});

test("a stopping server ends its streams with UNAVAILABLE and takes no new ones", async () => {
  const rig = await XdsRig.start();
  const client = rig.client({ variant: "sotw" });
  client.subscribe(cluster);
  await client.accept(cluster);
  const ended = client.expectEnd();
  await rig.server.close();
  expect((await ended).code).toBe(status.UNAVAILABLE);
  await rig.close(); // closing twice is harmless
});

test("a taken port is reported with the code of node:net", async () => {
  const rig = await XdsRig.start();
  const second = new XdsRig();
  await expect(second.server.listen({ host: "127.0.0.1", port: rig.port })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await second.close();
  await rig.close();
});

test("every service serves its own type in every variant it has, on a server that is somebody else's", async () => {
  const cache = new ResourceCache();
  const xds = new XdsServer({ cache, audienceOf: ({ cluster: group }) => group, clock: new ManualClock() });
  const grpc = new Server();
  xds.addTo(grpc);
  const port = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  for (const { label, onlyType = TYPE_URLS.runtime, sotw } of DISCOVERY_SERVICES) {
    cache.apply("group", { upsert: [{ typeUrl: onlyType, name: label, bytes: namedBytes(label, "1") }] });
    for (const variant of ["sotw", "delta"] as const) {
      if (variant === "sotw" && sotw === undefined) continue;
      const client = new AdsClient({ port, variant, service: label, nodeCluster: "group" });
      client.subscribe(onlyType, [label]);
      expect((await client.accept(onlyType)).names).toEqual([label]);
      client.close();
    }
  }
  await xds.close();
  grpc.forceShutdown();
});

test("callbacks see the life of a stream and may refuse it; audiences are told apart", async () => {
  const seen: string[] = [];
  const refused = new StreamError(status.PERMISSION_DENIED, "not this one");
  const rig = await XdsRig.start({
    audienceOf: (node: NodeInfo) => {
      if (node.id === "intruder") throw refused;
      return node.id;
    },
    callbacks: {
      onStreamOpened: ({ transport }) => seen.push(`opened ${transport}`),
      onRequest: ({ node }, { kind }) => seen.push(`request ${node?.id} ${kind}`),
      onResponse: (_, { resources, removed }) => seen.push(`response ${resources} ${removed}`),
      onNack: (_, { names, error }) => seen.push(`nack ${names.join()} ${error.message}`),
      onStreamClosed: ({ node }) => seen.push(`closed ${node?.id}`),
    },
  });
  const client = rig.client({ variant: "delta", service: "eds", nodeId: "n1" });
  rig.cache.apply("n1", { upsert: [{ typeUrl: endpoint, name: "A", bytes: namedBytes("A", "1") }] });
  rig.cache.apply("n2", { upsert: [{ typeUrl: endpoint, name: "A", bytes: namedBytes("A", "2") }] });
  client.subscribe(endpoint, ["A"]);
  client.nack(await client.expectResponse(endpoint), "bad");
  await until(() => seen.some((line) => line.startsWith("nack")), "the refusal arrives");
  client.close();
  await until(() => rig.server.counts().streams === 0, "the stream is gone");
  expect(seen).toEqual([
    "opened eds-delta",
    "request n1 none",
    "response 1 0",
    "request n1 nack",
    "nack A bad",
    "closed n1",
  ]);
  const intruder = rig.client({ variant: "sotw", nodeId: "intruder" });
  intruder.subscribe(cluster);
  expect(await intruder.expectEnd()).toMatchObject({ code: status.PERMISSION_DENIED, details: "not this one" });
  await rig.close();
});

test("streams beyond the limit are refused, and counted", async () => {
  const counted = new Map<string, number>();
  const metrics: MetricSink = {
    count: (name, labels, by = 1) => {
      const key = `${name} ${Object.values(labels ?? {}).join(" ")}`;
      counted.set(key, (counted.get(key) ?? 0) + by);
    },
    gauge: (name, value, labels) => void counted.set(`${name} ${Object.values(labels ?? {}).join(" ")}`, value),
    observe: (name, value, labels) => void counted.set(`${name} ${Object.values(labels ?? {}).join(" ")}`, value),
  };
  const rig = await XdsRig.start({ limits: { maxStreams: 1 }, metrics });
  rig.put(cluster, { A: "1" });
  const first = rig.client({ variant: "sotw" });
  first.subscribe(cluster);
  const response = await first.expectResponse(cluster);
  const second = rig.client({ variant: "sotw" });
  second.subscribe(cluster);
  expect((await second.expectEnd()).code).toBe(status.RESOURCE_EXHAUSTED);
  rig.clock.advance(250);
  first.ack(response);
  await until(() => counted.has("steelyard_xds_ack_seconds cds"), "the answer arrives");
  expect(Object.fromEntries(counted)).toEqual({
    "steelyard_xds_fan_out_seconds ": 0,
    "steelyard_xds_streams_opened_total direct": 2,
    "steelyard_xds_streams ads-sotw": 1,
    "steelyard_xds_requests_total cds none": 1,
    "steelyard_xds_requests_total cds ack": 1,
    "steelyard_xds_responses_total cds": 1,
    "steelyard_xds_response_bytes_total cds": response.bytes + 5,
    "steelyard_xds_stream_errors_total RESOURCE_EXHAUSTED": 1,
    "steelyard_xds_ack_seconds cds": 0.25,
  });
  await rig.close();
});

test("nodes: one entry per node, over all its streams", async () => {
  const rig = await XdsRig.start();
  rig.put(endpoint, { A: "1", B: "bad" });
  const metadata = { role: "edge", nested: { deep: [1, true, null] } };
  const [one, two] = ["A", "B"].map((name) => {
    const client = rig.client({ variant: "sotw", service: "eds", nodeId: "n", metadata });
    client.subscribe(endpoint, [name]);
    return client;
  });
  if (!one || !two) throw new Error("no clients");
  await one.accept(endpoint);
  two.nack(await two.expectResponse(endpoint), "no good");
  await until(() => rig.server.nodes()[0]?.types[0]?.state === "NACKED", "the refusal arrives");
  rig.clock.advance(100);
  const aggregated = rig.client({ variant: "delta", nodeId: "n" });
  aggregated.subscribe(cluster);
  await aggregated.accept(cluster);
  await until(() => rig.server.nodes()[0]?.types[1]?.state === "SYNCED", "the answer arrives");
  expect(rig.server.nodes()).toEqual([
    {
      id: "n",
      cluster: "test-cluster",
      audience: "everyone",
      locality: { region: "", zone: "", subZone: "" },
      userAgent: "scripted 1.0",
      metadata,
      connectedSinceMs: 1_000,
      transports: ["eds-sotw", "ads-delta"],
      streams: 3,
      types: [
        expect.objectContaining({
          typeUrl: endpoint,
          subscribed: { count: 2, names: ["A", "B"] },
          state: "NACKED",
          error: { code: 3, message: "no good", resources: ["B"], atMs: 1_000 },
        }),
        expect.objectContaining({ typeUrl: cluster, subscribed: "*", state: "SYNCED", error: undefined }),
      ],
    },
  ]);
  await rig.close();
});

test("content of an audience goes a while after its last stream, unless it is pinned or a client is back in time", async () => {
  const collected: string[] = [];
  const filled: string[] = [];
  const cache = new ResourceCache();
  const fill = (audience: string): void => {
    filled.push(audience);
    cache.apply(audience, { upsert: [{ typeUrl: cluster, name: "A", bytes: namedBytes("A", audience) }] });
  };
  const rig = await XdsRig.start({
    cache,
    collectIdleAudiencesAfterMs: 60_000,
    audienceOf: ({ id }) => {
      if (!new Set(cache.audiences()).has(id)) fill(id);
      return id;
    },
    callbacks: { onAudienceCollected: (audience) => collected.push(audience) },
  });
  cache.pin("kept");
  const visit = async (nodeId: string): Promise<void> => {
    const client = rig.client({ variant: "sotw", nodeId });
    client.subscribe(cluster);
    expect((await client.accept(cluster)).names).toEqual(["A"]);
    client.close();
    await until(() => rig.server.counts().streams === 0, "the stream is gone");
  };
  await visit("kept");
  await visit("brief");
  await visit("back");
  rig.clock.advance(59_000);
  await visit("back");
  rig.clock.advance(1_500);
  expect(collected).toEqual(["brief"]);
  expect([...cache.audiences()].sort()).toEqual(["back", "kept"]);
  rig.clock.advance(60_000);
  expect(collected).toEqual(["brief", "back"]);
  await visit("brief");
  expect(filled).toEqual(["kept", "brief", "back", "brief"]);
  await rig.close();
  expect(rig.clock.pendingTasks).toBe(0);
});

test("a callback that throws where it must not costs nobody else anything", async () => {
  const rig = await XdsRig.start({
    callbacks: {
      onStreamClosed: () => {
        throw new Error("a defect of the caller");
      },
    },
  });
  const client = rig.client({ variant: "sotw" });
  client.subscribe(cluster);
  await client.accept(cluster);
  client.close();
  await until(() => rig.server.counts().streams === 0, "the stream is gone");
  const other = rig.client({ variant: "sotw" });
  other.subscribe(cluster);
  await other.accept(cluster);
  await rig.close();
});
