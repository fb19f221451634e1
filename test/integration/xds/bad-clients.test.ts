// Whatever one client does wrong ends its own stream with the right status; another client on the same server never
// notices, and nothing is left behind.

import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import type { AdsClient } from "../../harness/ads-client.js";
import { RawCall } from "../../harness/raw-call.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, until, XdsRig } from "../../harness/xds-rig.js";

const { cluster, endpoint, route } = TYPE_URLS;
const ROUNDS = 60;

describe.each(["sotw", "delta"] as const)("%s", (variant) => {
  let rig: XdsRig;
  let bystander: AdsClient;
  let pushes = 0;
  const sent: string[] = [];
  const sentTo = (nodeId: string): number => sent.filter((id) => id === nodeId).length;
  beforeEach(async () => {
    sent.length = 0;
    endings.clear();
    rig = await XdsRig.start({
      callbacks: { onResponse: ({ node }) => sent.push(node?.id ?? "") },
      limits: { firstBatchBytes: 0 },
    });
    rig.put(endpoint, { A: "0" });
    bystander = rig.client({ variant, nodeId: "bystander" });
    bystander.subscribe(endpoint, ["A"]);
    await bystander.accept(endpoint);
  });
  afterEach(async () => {
    rig.put(endpoint, { A: String(++pushes) });
    expect((await bystander.accept(endpoint)).names).toEqual(["A"]);
    await until(() => rig.server.counts().streams === 1, "only the bystander is left");
    await rig.close();
    expect(rig.server.counts()).toEqual({ streams: 0, subscriptions: 0, awake: 0 });
  });

  /** The status with which the stream ends; it must have been counted. */
  const ending = async (
    send: (client: AdsClient) => void,
    { nodeId = "bad", service = "ads" }: { readonly nodeId?: string; readonly service?: string } = {},
  ): Promise<string> => {
    const client = rig.client({ variant, nodeId, service });
    send(client);
    const code = status[(await client.expectEnd()).code];
    const counted = (): number => rig.metrics.get(`steelyard_xds_stream_errors_total ${code}`);
    endings.set(code, (endings.get(code) ?? 0) + 1);
    expect(counted()).toBe(endings.get(code));
    return code;
  };
  const endings = new Map<string, number>();

  test("malformed protobuf", async () => {
    expect(await ending((client) => client.sendBytes(Buffer.from([0x0a, 0xff, 0xff, 0x01])))).toBe("INVALID_ARGUMENT");
    const later = (client: AdsClient): void => {
      client.subscribe(cluster);
      client.sendBytes(Buffer.from("ffff", "hex"));
    };
    expect(await ending(later)).toBe("INVALID_ARGUMENT");
  });

  test("an empty message", async () => {
    expect(await ending((client) => client.sendBytes(Buffer.alloc(0)))).toBe("INVALID_ARGUMENT");
  });

  test("a million names, 10,001 names, a name of a megabyte, one of 513 bytes, a request of more than a megabyte", async () => {
    const names = (count: number): string[] => Array.from({ length: count }, (_, index) => index.toString(36));
    const tooMuch = [
      (client: AdsClient): void => client.subscribe(endpoint, names(1_000_000)),
      (client: AdsClient): void => client.subscribe(endpoint, names(10_001)),
      (client: AdsClient): void => client.subscribe(endpoint, ["x".repeat(1_000_000)]),
      (client: AdsClient): void => client.subscribe(endpoint, ["x".repeat(513)]),
      (client: AdsClient): void => client.sendBytes(Buffer.alloc((1 << 20) + 1)),
      (client: AdsClient): void => client.sendBytes(Buffer.alloc(8 << 20)),
    ];
    for (const send of tooMuch) expect(await ending(send)).toBe("RESOURCE_EXHAUSTED");
  });

  test("no node", async () => {
    expect(await ending((client) => client.subscribe(cluster), { nodeId: "" })).toBe("INVALID_ARGUMENT");
  });

  test("a node that changes in mid-stream is ignored", async () => {
    const client = rig.client({ variant, nodeId: "first" });
    client.subscribe(endpoint, ["A"]);
    await client.accept(endpoint);
    const other = { id: "second", cluster: "other", metadata: { big: "x".repeat(100_000) } };
    client.send({ typeUrl: endpoint, node: other, resourceNames: ["A"] });
    await client.expectNoResponse();
    expect(rig.server.nodes().map(({ id }) => id)).toEqual(expect.arrayContaining(["bystander", "first"]));
    expect(rig.server.nodes().map(({ id }) => id)).not.toContain("second");
    client.close();
  });

  test("a metadata bomb, a node id of a megabyte", async () => {
    const metadata = { big: "x".repeat(100_000) };
    const bomb = (client: AdsClient): void => client.send({ typeUrl: cluster, node: { id: "n", metadata } });
    expect(await ending(bomb)).toBe("RESOURCE_EXHAUSTED");
    const long = (client: AdsClient): void => client.send({ typeUrl: cluster, node: { id: "n".repeat(1_000_000) } });
    expect(await ending(long)).toBe("RESOURCE_EXHAUSTED");
  });

  test("an empty type, a type of a kilobyte; an unknown one is served", async () => {
    expect(await ending((client) => client.subscribe("", ["A"]))).toBe("INVALID_ARGUMENT");
    expect(await ending((client) => client.subscribe("t".repeat(1_024), ["A"]))).toBe("RESOURCE_EXHAUSTED");
    const client = rig.client({ variant });
    client.subscribe("no such type at all", ["A"]);
    expect((await client.accept("no such type at all")).names).toEqual([]);
    client.close();
  });

  test("a request for a type on the service of another", async () => {
    expect(await ending((client) => client.subscribe(endpoint, ["A"]), { service: "cds" })).toBe("INVALID_ARGUMENT");
  });

  test("stale and foreign nonces by the thousand are not answered, and counted", async () => {
    rig.put(route, { A: "1" });
    const client = rig.client({ variant });
    client.subscribe(route, ["A"]);
    const first = await client.accept(route);
    rig.put(route, { A: "2" });
    const second = await client.expectResponse(route);
    for (let index = 0; index < 1_000; index++) {
      const responseNonce = index % 2 === 0 ? first.nonce : `foreign ${index}`;
      client.send({ typeUrl: route, responseNonce, ...(variant === "sotw" ? { resourceNames: ["A"] } : {}) });
    }
    const counted = (kind: string): number => rig.metrics.get(`steelyard_xds_requests_total rds ${kind}`);
    await until(() => counted("stale") === 1_000, "all are read");
    await client.expectNoResponse();
    client.ack(second);
    await until(() => counted("ack") === 2, "the answer is read");
    await client.expectNoResponse();
    client.close();
  });

  test("a call that is reset, at any point", async () => {
    for (const bytes of [0, 3, 20]) {
      const call = new RawCall(rig.port, { variant });
      if (bytes > 0) call.stream.write(Buffer.concat([Buffer.from([0, 0, 0, 0, 200]), Buffer.alloc(bytes, 10)]));
      await until(() => rig.server.counts().streams === 2, "the stream is open");
      call.stream.destroy(new Error("reset"));
      await until(() => rig.server.counts().streams === 1, "the stream is gone");
      call.close();
    }
  });

  test("a connection that is torn down with many streams on it", async () => {
    const connection = new RawCall(rig.port, { variant });
    for (let more = 0; more < 50; more++) connection.another();
    await until(() => rig.server.counts().streams === 52, "all streams are open");
    connection.close();
    await until(() => rig.server.counts().streams === 1, "all are gone");
  });

  test("a client that never answers gets one response per name, and costs others nothing", async () => {
    const client = rig.client({ variant, nodeId: "mute" });
    rig.put(route, { R: "0" });
    rig.put(endpoint, { B: "0" });
    client.subscribe(endpoint, ["B"]);
    client.subscribe(route, ["R"]);
    await until(() => sentTo("mute") === 2, "both are sent");
    for (let round = 1; round <= 200; round++) {
      rig.put(endpoint, { A: `round ${round}`, B: `${round}` });
      rig.put(route, { R: `${round}` });
      expect((await bystander.accept(endpoint)).names).toEqual(["A"]);
    }
    expect(sentTo("mute")).toBe(2);
    client.close();
  });

  test("65 types on one stream", async () => {
    const many = (client: AdsClient): void => {
      for (let index = 0; index < 65; index++) client.subscribe(`type.googleapis.com/example.T${index}`, ["a"]);
    };
    expect(await ending(many)).toBe("RESOURCE_EXHAUSTED");
  });

  test("a half-closed stream ends with OK", async () => {
    const client = rig.client({ variant });
    client.subscribe(cluster);
    await client.accept(cluster);
    client.halfClose();
    expect((await client.expectEnd()).code).toBe(status.OK);
  });

  test("a storm of refusals is not answered", async () => {
    const client = rig.client({ variant });
    rig.put(endpoint, { B: "bad" });
    client.subscribe(endpoint, ["B"]);
    const refused = await client.expectResponse(endpoint);
    for (let index = 0; index < 1_000; index++) client.nack(refused);
    // The first is the answer; the others answer nothing that is open.
    await until(() => rig.metrics.get("steelyard_xds_requests_total eds stale") === 999, "all are read");
    expect(rig.metrics.get("steelyard_xds_requests_total eds nack")).toBe(1);
    await client.expectNoResponse();
    client.close();
  });

  test("a client that refuses whatever it is sent gets each response once, and costs no more than it must", async () => {
    const client = rig.client({ variant, nodeId: "no" });
    const names = Array.from({ length: 500 }, (_, index) => `r${index}`);
    rig.put(route, Object.fromEntries(names.map((name) => [name, "1"])));
    client.subscribe(route, names);
    const { refused } = await client.answerAll(() => false);
    // Halves of halves, until the suspects are condemned together.
    expect(refused.length).toBeGreaterThan(128);
    expect(refused.length).toBeLessThan(300);
    const contents = refused.map((response) => [...response.names].sort().join(" "));
    expect(new Set(contents).size).toBe(contents.length);
    rig.put(route, { r7: "2" });
    const again = await client.answerAll(() => false);
    expect(again.refused.length).toBeLessThan(300);
    const { types } = rig.server.nodes().find(({ id }) => id === "no") ?? { types: [] };
    expect(types[0]).toMatchObject({ state: "NACKED" });
    client.close();
  });

  test("37: a client that stops reading costs one batch, others are served, and it wakes up to the newest", async () => {
    const client = rig.client({ variant });
    client.subscribe(endpoint, ["big"]);
    await client.accept(endpoint); // there is none yet
    client.pause();
    const text = "x".repeat(200_000);
    for (let round = 1; round <= ROUNDS; round++) {
      rig.cache.apply(AUDIENCE, {
        upsert: [{ typeUrl: endpoint, name: "big", bytes: namedBytes("big", `${round}${text}`) }],
      });
      rig.put(endpoint, { A: `round ${round}` });
      await bystander.accept(endpoint);
    }
    client.resume();
    // One response unanswered, then the newest: what lay between was never sent.
    let accepted = 0;
    for (let content = ""; !content.includes(`${ROUNDS}x`); accepted++) {
      content = (await client.accept(endpoint)).resources.get("big")?.toString() ?? "";
    }
    expect(accepted).toBe(2);
    await client.expectNoResponse();
    client.close();
  });

  test("37: many resources wait in the cache for a client that stops reading, not in the transport", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `big ${index}`);
    const upsert = names.map((name) => ({ typeUrl: endpoint, name, bytes: namedBytes(name, "x".repeat(200_000)) }));
    rig.cache.apply(AUDIENCE, { upsert });
    const client = rig.client({ variant, nodeId: "slow" });
    client.pause();
    client.subscribe(endpoint, names);
    await until(() => sentTo("slow") > 0, "the first is sent");
    for (let round = 0; round < 20; round++) {
      rig.put(endpoint, { A: `more ${round}` });
      await bystander.accept(endpoint);
    }
    expect(sentTo("slow")).toBeLessThan(10);
    client.resume();
    for (let rest = names.length; rest > 0; rest--) await client.accept(endpoint);
    await client.expectNoResponse();
    client.close();
  });
});
