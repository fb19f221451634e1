// Statements on nonces, acknowledgements, refusals and reconnects.

import { status } from "@grpc/grpc-js";
import { expect } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { contentOf } from "../../harness/xds-messages.js";
import { statement } from "./statement.js";

const { cluster, endpoint, listener, route } = TYPE_URLS;
const sotwOnly = { wire: "sotw", because: "delta requests carry changes, not state" } as const;
const deltaOnly = { wire: "delta", because: "versions per resource are a matter of delta" } as const;
const oneStream = { aggregated: true, because: "a per-type stream has one type only" } as const;

statement(
  "5: the first request is answered even if there is nothing, so that a client can end its start",
  "all variants",
  async ({ connect, sotw }) => {
    for (const typeUrl of [cluster, listener]) {
      const client = connect(typeUrl);
      client.subscribe(typeUrl);
      const { names, removed } = await client.accept(typeUrl);
      expect([names, removed]).toEqual([[], []]);
      await client.expectNoResponse();
    }
    for (const typeUrl of [endpoint, route]) {
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const { names, removed } = await client.accept(typeUrl);
      expect([names, removed]).toEqual([[], sotw ? [] : ["A"]]);
      await client.expectNoResponse();
    }
  },
);

statement("6: a nonce that is not the newest gets no response", "all variants", async ({ rig, connect, sotw }) => {
  for (const typeUrl of [cluster, route]) {
    rig.put(typeUrl, { A: "1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    const first = await client.accept(typeUrl);
    rig.put(typeUrl, { A: "2" });
    const second = await client.expectResponse(typeUrl);
    for (const responseNonce of [first.nonce, "never seen", ""]) {
      client.send({ typeUrl, responseNonce, ...(sotw ? { resourceNames: ["A"] } : {}) });
    }
    await client.expectNoResponse();
    // Nor has it counted as the answer to the newest.
    rig.put(typeUrl, { A: "3" });
    await client.expectNoResponse();
    client.ack(second);
    expect((await client.accept(typeUrl)).names).toEqual(["A"]);
  }
});

statement(
  "7: names in a request with a stale nonce count all the same",
  "all variants",
  async ({ rig, connect, sotw }) => {
    for (const typeUrl of [cluster, endpoint, listener, route]) {
      rig.put(typeUrl, { A: "1", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const stale = await client.accept(typeUrl);
      rig.put(typeUrl, { A: "2" });
      const newest = await client.expectResponse(typeUrl);
      client.send({
        typeUrl,
        responseNonce: stale.nonce,
        ...(sotw ? { resourceNames: ["A", "B"] } : { resourceNamesSubscribe: ["B"] }),
      });
      client.send({ typeUrl, responseNonce: newest.nonce, ...(sotw ? { resourceNames: ["A", "B"] } : {}) });
      expect((await client.expectResponse(typeUrl)).names).toContain("B");
    }
  },
);

statement(
  "27: a stale nonce does not void subscriptions, and one message can be an ACK and subscribe",
  deltaOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint, route]) {
      rig.put(typeUrl, { A: "1", B: "1", C: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const first = await client.accept(typeUrl);
      rig.put(typeUrl, { A: "2" });
      const second = await client.expectResponse(typeUrl);
      client.send({ typeUrl, responseNonce: first.nonce, resourceNamesSubscribe: ["B"] });
      client.send({ typeUrl, responseNonce: second.nonce, resourceNamesSubscribe: ["C"] });
      const rest = await client.acceptAll();
      expect(rest.flatMap(({ names }) => names).sort()).toEqual(["B", "C"]);
      expect(rest.flatMap(({ names, removed }) => [...names, ...removed])).not.toContain("A");
    }
  },
);

statement("8: a nonce belongs to its type", oneStream, async ({ rig, connect, sotw }) => {
  rig.put(cluster, { A: "1" });
  rig.put(listener, { A: "1" });
  const client = connect(cluster);
  client.subscribe(cluster);
  const clusters = await client.expectResponse(cluster);
  client.subscribe(listener);
  const listeners = await client.expectResponse(listener);
  client.ack(listeners);
  // Answers clusters with the nonce of listeners: ignored, and the stream lives.
  client.send({
    typeUrl: cluster,
    responseNonce: listeners.nonce,
    ...(sotw ? { versionInfo: clusters.versionInfo } : {}),
  });
  rig.put(cluster, { A: "2" });
  await client.expectNoResponse();
  client.ack(clusters);
  expect((await client.accept(cluster)).names).toEqual(["A"]);
});

statement(
  "9: a first request with the nonce and version of a dead server is a first request",
  sotwOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint, listener, route]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.send({ typeUrl, resourceNames: ["A"], versionInfo: "7", responseNonce: "42" });
      const response = await client.accept(typeUrl);
      expect(response.names).toEqual(["A"]);
      await client.expectNoResponse();
    }
  },
);

statement(
  "10: after a reconnect names are answered though the version is equal",
  sotwOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [endpoint, route]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const before = await client.accept(typeUrl);
      client.reconnect({ resume: true });
      const after = await client.accept(typeUrl);
      expect([after.names, after.versionInfo]).toEqual([["A"], before.versionInfo]);
      await client.expectNoResponse();
    }
  },
);

statement("12: a NACK is error_detail and nothing else", "all variants", async ({ rig, connect, variant }) => {
  rig.put(endpoint, { A: "1" });
  const client = connect(endpoint);
  client.subscribe(endpoint, ["A"]);
  const accepted = await client.accept(endpoint);
  rig.put(endpoint, { A: "bad" });
  const refused = await client.expectResponse(endpoint);
  client.nack(refused, "no such thing"); // version_info says the accepted version, as an ACK of it would
  await client.expectNoResponse();
  const type = (): unknown => rig.server.nodes().find(({ id }) => id === "test-node")?.types[0];
  expect(type()).toMatchObject({
    typeUrl: endpoint,
    subscribed: { count: 1, names: ["A"] },
    state: "NACKED",
    ackedVersion: accepted.versionInfo,
    sentVersion: refused.versionInfo,
    error: { code: status.INVALID_ARGUMENT, message: "no such thing", resources: ["A"] },
  });
  rig.put(endpoint, { A: "3" });
  const third = await client.expectResponse(endpoint);
  // A version that was never accepted is acknowledged when there is no error, whatever version_info says.
  client.send({
    typeUrl: endpoint,
    responseNonce: third.nonce,
    ...(variant.wire === "sotw" ? { resourceNames: ["A"] } : {}),
  });
  await client.expectNoResponse();
  expect(type()).toMatchObject({ state: "SYNCED", ackedVersion: third.versionInfo, error: undefined });
});

statement("13: refused content is not sent again, other content at once", "all variants", async ({ rig, connect }) => {
  for (const typeUrl of [cluster, endpoint, listener, route]) {
    rig.put(typeUrl, { A: "1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    await client.accept(typeUrl);
    rig.put(typeUrl, { A: "bad" });
    client.nack(await client.expectResponse(typeUrl));
    await client.expectNoResponse();
    rig.put(typeUrl, { A: "bad", elsewhere: "1" });
    await client.expectNoResponse();
    rig.put(typeUrl, { A: "2" });
    const next = await client.accept(typeUrl);
    expect(contentOf(next.resources.get("A") ?? Buffer.of())).toBe("2");
    await client.expectNoResponse();
  }
});

statement(
  "13: a subscription that changes in the same request as a NACK is honoured",
  "all variants",
  async ({ rig, connect, sotw }) => {
    for (const typeUrl of [endpoint, route]) {
      rig.put(typeUrl, { A: "bad", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const { nonce } = await client.expectResponse(typeUrl);
      const errorDetail = { code: 3, message: "bad" };
      client.send({
        typeUrl,
        responseNonce: nonce,
        errorDetail,
        ...(sotw ? { resourceNames: ["A", "B"] } : { resourceNamesSubscribe: ["B"] }),
      });
      expect((await client.accept(typeUrl)).names).toEqual(["B"]);
      await client.expectNoResponse();
    }
  },
);

statement(
  "13: of the first assignments, sent together, the refused one does not hold back the others",
  "all variants",
  async ({ rig, connect }) => {
    rig.put(endpoint, { A: "bad", B: "1", C: "1" });
    const client = connect(endpoint);
    client.subscribe(endpoint, ["A", "B", "C"]);
    const first = await client.expectResponse(endpoint);
    expect(first.names).toEqual(["A", "B", "C"]);
    client.nack(first);
    const { accepted, refused } = await client.answerAll(({ names }) => !names.includes("A"));
    expect(refused.map(({ names }) => names)).toEqual([["A"]]);
    expect(accepted.flatMap(({ names }) => names)).toEqual(["B", "C"]);
  },
);

statement("13: one refused assignment does not hold back the others", "all variants", async ({ rig, connect }) => {
  rig.put(endpoint, { A: "1", B: "1", C: "1" });
  const client = connect(endpoint);
  client.subscribe(endpoint, ["A", "B", "C"]);
  await client.accept(endpoint);
  rig.put(endpoint, { A: "bad", B: "2", C: "2" });
  const held: string[] = [];
  for (let i = 0; i < 3; i++) {
    const response = await client.expectResponse(endpoint);
    expect(response.names).toHaveLength(1);
    if (response.names[0] === "A") client.nack(response);
    else {
      client.ack(response);
      held.push(...response.names);
    }
  }
  expect(held).toEqual(["B", "C"]);
  await client.expectNoResponse();
});

statement(
  "19: the node comes with the first request only, and stays",
  "all variants",
  async ({ rig, connect, sotw }) => {
    rig.put(cluster, { A: "1" });
    const client = connect(cluster, { nodeId: "first" });
    client.subscribe(cluster);
    await client.accept(cluster);
    client.send({ typeUrl: cluster, node: { id: "second" }, ...(sotw ? {} : { resourceNamesSubscribe: ["A"] }) });
    await client.acceptAll();
    expect(rig.server.nodes().map(({ id }) => id)).not.toContain("second");
    expect(rig.server.nodes().map(({ id }) => id)).toContain("first");
  },
);

statement(
  "19: a first request without a node id ends the stream with INVALID_ARGUMENT",
  "all variants",
  async ({ connect }) => {
    const client = connect(cluster, { nodeId: "" });
    client.subscribe(cluster);
    expect(await client.expectEnd()).toMatchObject({ code: status.INVALID_ARGUMENT });
  },
);

statement(
  "19: a request without a type: refused on the aggregated stream, understood on the others",
  "all variants",
  async ({ rig, connect, variant }) => {
    rig.put(cluster, { A: "1" });
    const client = connect(cluster);
    client.send({});
    if (variant.aggregated) expect(await client.expectEnd()).toMatchObject({ code: status.INVALID_ARGUMENT });
    else expect((await client.expectResponse(cluster)).names).toEqual(["A"]);
  },
);

statement("19: an unknown type does not end the stream", oneStream, async ({ rig, connect }) => {
  const unknown = "type.googleapis.com/example.Unheard";
  rig.put(cluster, { A: "1" });
  const client = connect(cluster);
  client.subscribe(unknown, ["X"]);
  expect((await client.accept(unknown)).names).toEqual([]);
  client.subscribe(cluster);
  expect((await client.accept(cluster)).names).toEqual(["A"]);
  rig.put(unknown, { X: "1" });
  expect((await client.accept(unknown)).names).toEqual(["X"]);
});

statement(
  "19: a per-type service refuses other types",
  { aggregated: false, because: "takes any type" },
  async ({ connect }) => {
    const client = connect(cluster);
    client.subscribe(endpoint, ["A"]);
    expect(await client.expectEnd()).toMatchObject({ code: status.INVALID_ARGUMENT });
  },
);

statement(
  "28: after a NACK the client is held to have what it last accepted, and the rest of the response arrives",
  deltaOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, route]) {
      rig.put(typeUrl, { A: "1", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A", "B"]);
      await client.accept(typeUrl);
      rig.put(typeUrl, { A: "bad", B: "2" });
      const refused: string[][] = [];
      const accepted: string[] = [];
      for (let turn = 0; turn < 3; turn++) {
        const response = await client.expectResponse(typeUrl);
        if (response.names.includes("A")) {
          client.nack(response);
          refused.push([...response.names]);
        } else {
          client.ack(response);
          accepted.push(...response.names);
        }
      }
      expect([refused.map((names) => names.length), accepted]).toEqual([[2, 1], ["B"]]);
      await client.expectNoResponse();
      // What it refused it does not hold: the old content again is news.
      rig.put(typeUrl, { A: "1" });
      expect((await client.accept(typeUrl)).names).toEqual(["A"]);
      await client.expectNoResponse();
    }
  },
);

statement(
  "28: one bad resource among a hundred is found, and it alone is held back",
  deltaOnly,
  async ({ rig, connect }) => {
    const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
    rig.put(cluster, Object.fromEntries(names.map((name) => [name, name === "c37" ? "bad" : "1"])));
    const client = connect(cluster);
    client.subscribe(cluster);
    const { accepted, refused } = await client.answerAll((response) => !response.names.includes("c37"));
    expect(accepted.flatMap((response) => response.names).sort()).toEqual(
      names.filter((name) => name !== "c37").sort(),
    );
    expect(refused.map((response) => response.names.length)).toEqual([100, 50, 25, 13, 6, 3, 1]);
    const type = (): unknown => rig.server.nodes().find(({ id }) => id === "test-node")?.types[0];
    expect(type()).toMatchObject({ state: "NACKED", error: { resources: ["c37"] } });
    await client.expectNoResponse();
    rig.put(cluster, { c37: "2" });
    expect((await client.accept(cluster)).names).toEqual(["c37"]);
    await client.expectNoResponse();
    expect(type()).toMatchObject({ state: "SYNCED", error: undefined });
  },
);
