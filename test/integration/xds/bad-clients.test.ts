// Whatever one client does wrong ends its own stream with the right status; another client on the same server never
// notices, and nothing is left behind.

import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import type { AdsClient } from "../../harness/ads-client.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, until, XdsRig } from "../../harness/xds-rig.js";

const { cluster, endpoint } = TYPE_URLS;
const ROUNDS = 60;

describe.each(["sotw", "delta"] as const)("%s", (variant) => {
  let rig: XdsRig;
  let bystander: AdsClient;
  let pushes = 0;
  const sent: string[] = [];
  const sentTo = (nodeId: string): number => sent.filter((id) => id === nodeId).length;
  beforeEach(async () => {
    sent.length = 0;
    rig = await XdsRig.start({ callbacks: { onResponse: ({ node }) => sent.push(node?.id ?? "") } });
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

  const ending = async (send: (client: AdsClient) => void, nodeId = "bad"): Promise<string> => {
    const client = rig.client({ variant, nodeId });
    send(client);
    return status[(await client.expectEnd()).code];
  };

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

  test("10,001 names, a name of 513 bytes, a request of more than a megabyte", async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `n${index}`);
    expect(await ending((client) => client.subscribe(endpoint, names))).toBe("RESOURCE_EXHAUSTED");
    expect(await ending((client) => client.subscribe(endpoint, ["x".repeat(513)]))).toBe("RESOURCE_EXHAUSTED");
    expect(await ending((client) => client.sendBytes(Buffer.alloc((1 << 20) + 1)))).toBe("RESOURCE_EXHAUSTED");
  });

  test("no node", async () => {
    expect(await ending((client) => client.subscribe(cluster), "")).toBe("INVALID_ARGUMENT");
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
    await client.expectNoResponse();
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
