// Statements on the order between types and on warming. All need several types on one stream.
import { expect } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import type { AdsClient } from "../../harness/ads-client.js";
import { namedBytes, type XdsResponse } from "../../harness/xds-messages.js";
import { AUDIENCE, type XdsRig } from "../../harness/xds-rig.js";
import { statement } from "./statement.js";

const { cluster, endpoint, listener, route } = TYPE_URLS;
const aggregated = { aggregated: true, because: "the order between types exists on one stream only" } as const;
const sotwAggregated = { ...aggregated, wire: "sotw" } as const;

const resource = (
  typeUrl: string,
  name: string,
  content: string,
  refs: readonly { typeUrl: string; name: string }[] = [],
) => ({
  typeUrl,
  name,
  bytes: namedBytes(name, content),
  refs,
});

/** A cluster that needs the assignment of its name. */
const edsCluster = (name: string, content: string) => resource(cluster, name, content, [{ typeUrl: endpoint, name }]);

/** A client that holds cluster, assignment, listener and route `A`, all acknowledged. */
async function complete(rig: XdsRig, client: AdsClient): Promise<void> {
  rig.cache.apply(AUDIENCE, {
    upsert: [
      edsCluster("A", "1"),
      resource(endpoint, "A", "1"),
      resource(listener, "A", "1", [{ typeUrl: route, name: "A" }]),
      resource(route, "A", "1"),
    ],
  });
  client.subscribe(cluster);
  await client.accept(cluster);
  client.subscribe(endpoint, ["A", "B"]);
  client.subscribe(listener);
  client.subscribe(route, ["A", "B"]);
  await client.acceptAll();
}

const short = ({ typeUrl, names, removed }: XdsResponse): string =>
  [typeUrl.split(".").at(-1), ...names, ...removed.map((name) => `-${name}`)].join(" ");

statement(
  "30: one change goes out as clusters, endpoints, listeners, routes, and removals of clusters and endpoints last",
  aggregated,
  async ({ rig, connect, sotw }) => {
    const client = connect(cluster);
    await complete(rig, client);
    rig.cache.apply(AUDIENCE, {
      upsert: [
        resource(route, "A", "2"),
        resource(listener, "A", "2", [{ typeUrl: route, name: "A" }]),
        resource(endpoint, "B", "1"),
        edsCluster("B", "1"),
      ],
      remove: [
        { typeUrl: cluster, name: "A" },
        { typeUrl: endpoint, name: "A" },
      ],
    });
    const seen = (await client.acceptAll()).map(short);
    expect(seen).toEqual(
      sotw
        ? ["Cluster A B", "ClusterLoadAssignment B", "Listener A", "RouteConfiguration A", "Cluster B"]
        : [
            "Cluster B",
            "ClusterLoadAssignment B",
            "Listener A",
            "RouteConfiguration A",
            "Cluster -A",
            "ClusterLoadAssignment -A",
          ],
    );
  },
);

statement("30: a removal alone does not wait", aggregated, async ({ rig, connect, sotw }) => {
  const client = connect(cluster);
  await complete(rig, client);
  rig.remove(cluster, "A");
  expect(short(await client.accept(cluster))).toBe(sotw ? "Cluster" : "Cluster -A");
});

statement("30: routes wait for a cluster that cannot be sent yet", aggregated, async ({ rig, connect }) => {
  const client = connect(cluster);
  await complete(rig, client);
  rig.put(cluster, { C: "1" });
  const unanswered = await client.expectResponse(cluster);
  rig.put(cluster, { D: "1" });
  rig.put(route, { A: "routes to D" });
  rig.put(endpoint, { A: "2" });
  expect(short(await client.accept(endpoint))).toBe("ClusterLoadAssignment A");
  await client.expectNoResponse();
  client.ack(unanswered);
  expect(short(await client.accept(cluster))).toContain("D");
  expect(short(await client.accept(route))).toBe("RouteConfiguration A");
});

statement(
  "31: the assignment follows a changed cluster, unasked and unchanged",
  aggregated,
  async ({ rig, connect }) => {
    const client = connect(cluster);
    await complete(rig, client);
    rig.cache.apply(AUDIENCE, { upsert: [edsCluster("A", "2")] });
    const clusters = await client.expectResponse(cluster); // not acknowledged: Envoy waits for the endpoints
    const endpoints = await client.accept(endpoint);
    expect(short(endpoints)).toBe("ClusterLoadAssignment A");
    client.ack(clusters);
    await client.expectNoResponse();
  },
);

statement("31: routes follow their changed listener in the same way", aggregated, async ({ rig, connect }) => {
  const client = connect(cluster);
  await complete(rig, client);
  rig.cache.apply(AUDIENCE, { upsert: [resource(listener, "A", "2", [{ typeUrl: route, name: "A" }])] });
  expect((await client.acceptAll()).map(short)).toEqual(["Listener A", "RouteConfiguration A"]);
});

statement(
  "31: a second cluster with an assignment that is subscribed already gets it again",
  aggregated,
  async ({ rig, connect }) => {
    const client = connect(cluster);
    await complete(rig, client);
    rig.cache.apply(AUDIENCE, { upsert: [resource(cluster, "twin", "1", [{ typeUrl: endpoint, name: "A" }])] });
    expect(short(await client.accept(cluster))).toContain("twin");
    expect(short(await client.accept(endpoint))).toBe("ClusterLoadAssignment A");
    await client.expectNoResponse();
  },
);

statement(
  "31: without declared references, a warming client that repeats its request is answered, once",
  sotwAggregated,
  async ({ rig, connect }) => {
    const client = connect(cluster);
    rig.put(cluster, { A: "1" });
    rig.put(endpoint, { A: "1" });
    client.subscribe(cluster);
    await client.accept(cluster);
    client.subscribe(endpoint, ["A"]);
    await client.accept(endpoint);
    rig.put(cluster, { A: "2" });
    await client.accept(cluster);
    client.subscribe(endpoint, ["A"]); // old nonce, old version, old names: a second ACK by the look of it
    expect((await client.accept(endpoint)).names).toEqual(["A"]);
    client.subscribe(endpoint, ["A"]);
    client.subscribe(endpoint, ["A"]);
    await client.expectNoResponse();
  },
);

statement("32: endpoints do not wait for the acknowledgement of clusters", aggregated, async ({ rig, connect }) => {
  const client = connect(cluster);
  rig.cache.apply(AUDIENCE, { upsert: [edsCluster("A", "1"), resource(endpoint, "A", "1")] });
  client.subscribe(cluster);
  const clusters = await client.expectResponse(cluster);
  client.subscribe(endpoint, ["A"]);
  expect((await client.accept(endpoint)).names).toEqual(["A"]);
  rig.put(endpoint, { A: "2" });
  expect((await client.accept(endpoint)).names).toEqual(["A"]);
  client.ack(clusters);
  await client.expectNoResponse();
});

statement(
  "33: endpoints that are asked for before clusters are answered, and again after the clusters",
  aggregated,
  async ({ rig, connect }) => {
    const client = connect(cluster);
    rig.cache.apply(AUDIENCE, { upsert: [edsCluster("A", "1"), resource(endpoint, "A", "1")] });
    client.subscribe(endpoint, ["A"]);
    expect((await client.accept(endpoint)).names).toEqual(["A"]);
    client.subscribe(cluster);
    expect((await client.accept(cluster)).names).toEqual(["A"]);
    expect((await client.accept(endpoint)).names).toEqual(["A"]);
    await client.expectNoResponse();
  },
);

statement(
  "34: endpoints are sent though the request names fewer, or other, than there are",
  aggregated,
  async ({ rig, connect }) => {
    const client = connect(cluster);
    rig.put(endpoint, { A: "1", B: "1", C: "1" });
    client.subscribe(endpoint, ["B", "unknown"]);
    const responses = await client.acceptAll();
    expect(responses.flatMap(({ names }) => names)).toEqual(["B"]);
  },
);

statement(
  "many assignments at once: several unanswered, never two of one name, newest content wins",
  "all variants",
  async ({ rig, connect }) => {
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const all = (content: string) => Object.fromEntries(names.map((name) => [name, content]));
    rig.put(endpoint, all("1"));
    const client = connect(endpoint);
    client.subscribe(endpoint, names);
    await client.accept(endpoint);
    rig.put(endpoint, all("changed"));
    const first: XdsResponse[] = [];
    for (let i = 0; i < names.length; i++) first.push(await client.expectResponse(endpoint));
    expect(first.flatMap((response) => response.names).sort()).toEqual([...names].sort());
    rig.put(endpoint, all("2"));
    rig.put(endpoint, all("3"));
    await client.expectNoResponse();
    // One answer to the newest settles all before it, as Envoy folds them when a type is paused.
    const newest = first.at(-1);
    if (newest) client.ack(newest);
    const last = await client.acceptAll();
    expect(last.flatMap((response) => response.names).sort()).toEqual([...names].sort());
    expect(new Set([...first, ...last].map(({ nonce }) => nonce)).size).toBe(2 * names.length);
  },
);
