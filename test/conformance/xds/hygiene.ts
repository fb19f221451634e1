// Statements on what a server must not do to itself or to others: wake too many, wait for one, keep what is over.
import { expect } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { contentOf } from "../../harness/xds-messages.js";
import { until } from "../../harness/xds-rig.js";
import { statement } from "./statement.js";

const { cluster, endpoint, route } = TYPE_URLS;

statement(
  "36: a change wakes only the streams that subscribe to the name",
  "all variants",
  async ({ rig, connect }) => {
    const names = Array.from({ length: 30 }, (_, index) => `c${index}`);
    rig.put(endpoint, Object.fromEntries(names.map((name) => [name, "1"])));
    const clients = names.map((name) => {
      const client = connect(endpoint, { nodeId: name });
      client.subscribe(endpoint, [name]);
      return client;
    });
    for (const client of clients) await client.accept(endpoint);
    await clients[0]?.expectNoResponse();
    rig.put(endpoint, { c7: "2" });
    expect(rig.server.counts().awake).toBe(1);
    expect((await clients[7]?.accept(endpoint))?.names).toEqual(["c7"]);
    for (const client of clients) await client.expectNoResponse();
  },
);

statement(
  "37: a client that does not read holds up nobody, and then gets the newest of what it missed",
  "all variants",
  async ({ rig, connect }) => {
    const rounds = 15;
    const slow = connect(endpoint, { nodeId: "slow" });
    const quick = connect(endpoint, { nodeId: "quick" });
    for (const client of [slow, quick]) {
      client.subscribe(endpoint, ["A"]);
      await client.accept(endpoint);
    }
    slow.pause();
    const text = "x".repeat(200_000);
    for (let round = 1; round <= rounds; round++) {
      rig.put(endpoint, { A: `${round} ${text}` });
      expect((await quick.accept(endpoint)).names).toEqual(["A"]);
    }
    slow.resume();
    const seen: string[] = [];
    while (seen.at(-1) !== String(rounds)) {
      const { resources } = await slow.accept(endpoint);
      seen.push(contentOf(resources.get("A") ?? Buffer.of()).split(" ")[0] ?? "");
    }
    expect(seen).toEqual(["1", String(rounds)]);
    await slow.expectNoResponse();
  },
);

statement("38: the end of a stream frees all it held", "all variants", async ({ rig, connect }) => {
  rig.put(cluster, { A: "1" });
  const ends = [
    (client: ReturnType<typeof connect>) => client.halfClose(),
    (client: ReturnType<typeof connect>) => client.close(),
    (client: ReturnType<typeof connect>) => client.sendBytes(Buffer.from("ffff", "hex")),
  ];
  for (const end of ends) {
    const client = connect(cluster);
    client.subscribe(cluster, ["*", "A", "absent"]);
    await client.expectResponse(cluster);
    end(client);
    await until(() => rig.server.counts().streams === 0, "the stream is gone");
    expect(rig.server.counts()).toEqual({ streams: 0, subscriptions: 0, awake: 0 });
    expect(rig.server.nodes()).toEqual([]);
    expect(rig.clock.pendingTasks).toBe(0);
  }
});

statement(
  "39: what exceeds the default of gRPC clients is split where that is possible, and counted where it is not",
  "all variants",
  async ({ rig, connect }) => {
    const limit = 4 << 20;
    const large = "x".repeat(1_500_000);
    const names = ["A", "B", "C", "D", "E"];
    rig.put(route, Object.fromEntries(names.map((name) => [name, large])));
    const client = connect(route);
    client.subscribe(route, names);
    const arrived: string[] = [];
    while (arrived.length < names.length) {
      const response = await client.accept(route);
      expect(response.bytes).toBeLessThan(limit);
      arrived.push(...response.names);
    }
    expect(arrived.sort()).toEqual(names);
    rig.put(endpoint, { A: large.repeat(3) });
    const other = connect(endpoint);
    other.subscribe(endpoint, ["A"]);
    expect((await other.accept(endpoint)).bytes).toBeGreaterThan(limit);
    await until(() => rig.metrics.get("steelyard_xds_oversize_responses_total eds") === 1, "it is counted");
    expect(rig.metrics.get("steelyard_xds_oversize_responses_total rds")).toBe(0);
  },
);
