// Statements on what a client asks for: wildcards, names, absence, asking again.
import { expect } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { contentOf } from "../../harness/xds-messages.js";
import { statement } from "./statement.js";

const { cluster, endpoint, listener, route } = TYPE_URLS;
const sotwOnly = { wire: "sotw", because: "delta adds and removes names, it has no list" } as const;
const deltaOnly = { wire: "delta", because: "state of the world repeats its whole list" } as const;

statement("1: an empty list is a wildcard until a request names something", sotwOnly, async ({ rig, connect }) => {
  rig.put(cluster, { A: "1", B: "1" });
  const client = connect(cluster);
  client.subscribe(cluster);
  expect((await client.accept(cluster)).names).toEqual(["A", "B"]);
  client.subscribe(cluster, ["*", "A"]);
  expect((await client.accept(cluster)).names).toEqual(["A", "B"]);
  client.unsubscribe(cluster, ["*"]);
  await client.expectNoResponse();
  rig.put(cluster, { B: "2" });
  await client.expectNoResponse();
  rig.put(cluster, { A: "2" });
  expect((await client.accept(cluster)).names).toEqual(["A"]);
  client.unsubscribe(cluster, ["A"]);
  await client.expectNoResponse();
  rig.put(cluster, { A: "3", B: "3" });
  await client.expectNoResponse();
});

for (const typeUrl of [endpoint, route]) {
  const title = `2: an empty list is never a wildcard for ${typeUrl.split(".").at(-1)}`;
  statement(title, "all variants", async ({ rig, connect }) => {
    rig.put(typeUrl, { A: "1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl);
    await client.expectNoResponse();
    rig.put(typeUrl, { A: "2" });
    await client.expectNoResponse();
    client.subscribe(typeUrl, ["A"]);
    expect((await client.accept(typeUrl)).names).toEqual(["A"]);
  });
}

statement(
  "14: a name that is asked for again is sent again, changed or not",
  "all variants",
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint, listener, route]) {
      rig.put(typeUrl, { A: "1", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const first = await client.accept(typeUrl);
      expect(first.names).toEqual(["A"]);
      client.subscribe(typeUrl, ["B"]);
      expect((await client.accept(typeUrl)).names).toContain("B");
      client.unsubscribe(typeUrl, ["A"]);
      await client.expectNoResponse();
      client.subscribe(typeUrl, ["A"]);
      const again = await client.accept(typeUrl);
      expect(again.names).toContain("A");
      expect(again.nonce).not.toBe(first.nonce);
    }
  },
);

statement(
  "14: a name is sent when it is subscribed although the wildcard sent it before",
  "all variants",
  async ({ rig, connect }) => {
    rig.put(cluster, { A: "1", B: "1" });
    const client = connect(cluster);
    client.subscribe(cluster, ["*"]);
    await client.accept(cluster);
    client.subscribe(cluster, ["A"]);
    expect((await client.accept(cluster)).names).toContain("A");
  },
);

statement("15: nothing is sent for a name that was unsubscribed", "all variants", async ({ rig, connect }) => {
  for (const typeUrl of [endpoint, listener]) {
    rig.put(typeUrl, { A: "1", B: "1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A", "B"]);
    for (let seen = 0; seen < 2; ) seen += (await client.accept(typeUrl)).names.length;
    client.unsubscribe(typeUrl, ["A"]);
    await client.expectNoResponse();
    rig.put(typeUrl, { A: "2" });
    await client.expectNoResponse();
  }
});

statement(
  "15: a response that waits for its turn is dropped with its subscription",
  "all variants",
  async ({ rig, connect }) => {
    rig.put(route, { A: "1", B: "1" });
    const client = connect(route);
    client.subscribe(route, ["A", "B"]);
    const unanswered = await client.expectResponse(route);
    rig.put(route, { A: "2" }); // waits, since a response is unanswered
    client.unsubscribe(route, ["A"]);
    client.ack(unanswered);
    await client.expectNoResponse();
  },
);

statement(
  "16: an acknowledgement alone is not answered, nor is a shorter list",
  "all variants",
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint, listener, route]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A", "absent"]);
      await client.acceptAll();
      await client.expectNoResponse();
      client.unsubscribe(typeUrl, ["absent"]);
      await client.expectNoResponse();
    }
  },
);

statement("17: an absent name is remembered and sent once it exists", "all variants", async ({ rig, connect }) => {
  for (const typeUrl of [cluster, endpoint, listener, route]) {
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    expect((await client.accept(typeUrl)).names).toEqual([]);
    rig.put(typeUrl, { A: "1" });
    const created = await client.accept(typeUrl);
    expect(created.names).toEqual(["A"]);
    await client.expectNoResponse();
  }
});

statement("18: a name listed twice acts once", "all variants", async ({ rig, connect, sotw }) => {
  rig.put(route, { A: "1", B: "1" });
  const client = connect(route);
  if (sotw) client.send({ typeUrl: route, resourceNames: ["A", "A", "B", "A"] });
  else client.send({ typeUrl: route, resourceNamesSubscribe: ["A", "A", "B", "A"] });
  // The scripted client refuses a response that holds a name twice.
  expect([...(await client.accept(route)).names].sort()).toEqual(["A", "B"]);
  await client.expectNoResponse();
});

statement(
  "21: no name in the first request means all, and a name beside it does not end that",
  deltaOnly,
  async ({ rig, connect }) => {
    rig.put(cluster, { A: "1", B: "1" });
    const client = connect(cluster);
    client.subscribe(cluster);
    expect([...(await client.accept(cluster)).names].sort()).toEqual(["A", "B"]);
    client.subscribe(cluster, ["A"]);
    expect((await client.accept(cluster)).names).toEqual(["A"]);
    rig.put(cluster, { C: "1" });
    expect((await client.accept(cluster)).names).toEqual(["C"]);
    client.unsubscribe(cluster, ["*"]);
    await client.expectNoResponse();
    rig.put(cluster, { B: "2", C: "2" });
    await client.expectNoResponse();
    rig.put(cluster, { A: "2" });
    expect((await client.accept(cluster)).names).toEqual(["A"]);
  },
);

statement(
  "21: subscribing to * and unsubscribing from it at once subscribes to nothing",
  deltaOnly,
  async ({ rig, connect }) => {
    rig.put(cluster, { A: "1" });
    const client = connect(cluster);
    client.send({ typeUrl: cluster, resourceNamesSubscribe: ["*"], resourceNamesUnsubscribe: ["*"] });
    await client.expectNoResponse();
    rig.put(cluster, { A: "2" });
    await client.expectNoResponse();
  },
);

statement(
  "23: a name in subscribe is sent even if the client holds its newest version",
  deltaOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const first = await client.accept(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      const again = await client.accept(typeUrl);
      expect([...again.versions]).toEqual([...first.versions]);
      expect(again.nonce).not.toBe(first.nonce);
      await client.expectNoResponse();
    }
  },
);

statement(
  "24: unsubscribing a name under the wildcard is answered with what becomes of it",
  deltaOnly,
  async ({ rig, connect }) => {
    rig.put(cluster, { A: "1" });
    const client = connect(cluster);
    client.subscribe(cluster, ["*", "A", "gone"]);
    await client.acceptAll();
    client.unsubscribe(cluster, ["A"]);
    expect((await client.accept(cluster)).names).toEqual(["A"]);
    client.unsubscribe(cluster, ["gone"]);
    expect((await client.accept(cluster)).removed).toEqual(["gone"]);
    client.unsubscribe(cluster, ["never subscribed"]);
    await client.expectNoResponse();
  },
);

statement("25: an absent name is reported removed, and pushed once it exists", deltaOnly, async ({ rig, connect }) => {
  for (const typeUrl of [cluster, endpoint, listener, route]) {
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    const absent = await client.accept(typeUrl);
    expect([absent.names, absent.removed]).toEqual([[], ["A"]]);
    await client.expectNoResponse();
    rig.put(typeUrl, { A: "1" });
    const created = await client.accept(typeUrl);
    expect(contentOf(created.resources.get("A") ?? Buffer.of())).toBe("1");
    rig.remove(typeUrl, "A");
    expect((await client.accept(typeUrl)).removed).toEqual(["A"]);
  }
});

statement(
  "26: initial_resource_versions: equal is not sent, different is, gone is removed",
  deltaOnly,
  async ({ rig, connect }) => {
    rig.put(endpoint, { A: "1", B: "1", C: "1" });
    const client = connect(endpoint);
    client.subscribe(endpoint, ["A", "B", "C"]);
    await client.acceptAll();
    client.reconnect({ resume: true });
    await client.expectNoResponse();
    rig.put(endpoint, { B: "2" });
    expect((await client.accept(endpoint)).names).toEqual(["B"]);
    client.reconnect({ resume: true });
    await client.expectNoResponse();

    client.close();
    const version = (name: string): string => rig.cache.get("everyone", endpoint, name)?.version ?? "";
    const other = connect(endpoint);
    other.send({
      typeUrl: endpoint,
      initialResourceVersions: { A: version("A"), B: "other", gone: "1" },
    });
    const { names, removed } = await other.accept(endpoint);
    expect([names, removed]).toEqual([["B"], ["gone"]]);
    // Names in it count as subscribed.
    rig.put(endpoint, { A: "2" });
    expect((await other.accept(endpoint)).names).toEqual(["A"]);
  },
);

statement(
  "26: with the wildcard, a client that holds all is told nothing, one that holds nothing gets an empty answer",
  deltaOnly,
  async ({ rig, connect }) => {
    const fresh = connect(cluster);
    fresh.subscribe(cluster);
    const empty = await fresh.accept(cluster);
    expect([empty.names, empty.removed]).toEqual([[], []]);
    rig.put(cluster, { A: "1", B: "1" });
    await fresh.accept(cluster);
    rig.remove(cluster, "B");
    await fresh.accept(cluster);
    fresh.reconnect({ resume: true });
    await fresh.expectNoResponse();
    rig.put(cluster, { A: "2" });
    expect((await fresh.accept(cluster)).names).toEqual(["A"]);
  },
);

statement(
  "names are opaque, and a collection of the xdstp scheme stands for what is directly below it",
  "all variants",
  async ({ rig, connect }) => {
    const directory = "xdstp://authority/type/a";
    for (const typeUrl of [cluster, route]) {
      const others = ["xdstp://authority/type/b/x", `${directory}/deep/x`, `${directory}/x?env=test`, "a/x"];
      rig.put(typeUrl, Object.fromEntries([`${directory}/x`, ...others].map((name) => [name, "1"])));
      const client = connect(typeUrl);
      client.subscribe(typeUrl, [`${directory}/*`]);
      expect((await client.accept(typeUrl)).names).toEqual([`${directory}/x`]);
      rig.put(typeUrl, { [`${directory}/y`]: "1", [`${directory}/deep/y`]: "1" });
      expect((await client.accept(typeUrl)).names).toContain(`${directory}/y`);
      client.subscribe(typeUrl, [`${directory}/*?env=test`]);
      expect((await client.accept(typeUrl)).names).toContain(`${directory}/x?env=test`);
      client.unsubscribe(typeUrl, [`${directory}/*`]);
      await client.expectNoResponse();
      rig.put(typeUrl, { [`${directory}/x`]: "2" });
      await client.expectNoResponse();
      client.close();
    }
    // Not of that scheme: a name like any other.
    rig.put(route, { "routes/*": "1", "routes/x": "1" });
    const client = connect(route);
    client.subscribe(route, ["routes/*"]);
    expect((await client.accept(route)).names).toEqual(["routes/*"]);
  },
);

statement(
  "a collection without a member is reported as absent, and its members as they come and go",
  deltaOnly,
  async ({ rig, connect }) => {
    const typeUrl = TYPE_URLS.localityEndpoint;
    const collection = "xdstp://authority/envoy.config.endpoint.v3.LbEndpoint/zone-a/*";
    const member = collection.replace("*", "10.0.0.1:80");
    const client = connect(typeUrl);
    client.subscribe(typeUrl, [collection]);
    expect((await client.accept(typeUrl)).removed).toEqual([collection]);
    rig.put(typeUrl, { [member]: "1" });
    expect((await client.accept(typeUrl)).names).toEqual([member]);
    client.reconnect({ resume: true });
    await client.expectNoResponse();
    rig.remove(typeUrl, member);
    expect((await client.accept(typeUrl)).removed).toEqual([member]);
    client.unsubscribe(typeUrl, [collection]);
    await client.expectNoResponse();
    rig.put(typeUrl, { [member]: "2" });
    await client.expectNoResponse();
  },
);

let onDemand: ((names: readonly string[]) => void) | undefined;

statement(
  "names made on demand: the caller hears which are missing, and answers at once or later",
  "all variants",
  async ({ rig, connect }) => {
    const asked: string[] = [];
    onDemand = (names) => {
      asked.push(...names);
      for (const name of names) if (name.startsWith("now")) rig.put(cluster, { [name]: "1" });
    };
    rig.put(cluster, { there: "1" });
    const client = connect(cluster);
    client.subscribe(cluster, ["there", "now 1", "later 1"]);
    const first = await client.accept(cluster);
    expect([...first.names].sort()).toEqual(["now 1", "there"]);
    rig.put(cluster, { "later 1": "1" });
    expect((await client.accept(cluster)).names).toContain("later 1");
    client.subscribe(cluster, ["*"]);
    await client.acceptAll();
    client.subscribe(cluster, ["now 2"]); // on top of the wildcard
    expect((await client.accept(cluster)).names).toContain("now 2");
    await client.expectNoResponse();
    expect(asked).toEqual(["now 1", "later 1", "now 2"]);
  },
  { callbacks: { onMissing: ({ node }, { names }) => (node?.id === "test-node" ? onDemand?.(names) : undefined) } },
);
