// Statements on what a response holds: full state or changes, versions, removals.
import { expect } from "@jest/globals";
import { weightsFor } from "../../../src/balancers/enforcement/share-law.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { LEAST_REQUEST, ROUND_ROBIN } from "../../../src/model/enforcement.js";
import { assignmentOf } from "../../../src/translate/assignment.js";
import { messageOf, TYPE_URLS } from "../../../src/xds/index.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, XdsRig } from "../../harness/xds-rig.js";
import { CHECKOUT, endpoint as checkoutEndpoint } from "../../unit/translate/fixtures.js";
import { statement } from "./statement.js";

const { cluster, endpoint, extensionConfig, listener, route, secret } = TYPE_URLS;
const sotwOnly = { wire: "sotw", because: "delta always sends changes" } as const;
const deltaOnly = { wire: "delta", because: "state of the world has no such field" } as const;

statement(
  "3: listeners and clusters come as full state, other types may come as changes",
  sotwOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, listener]) {
      rig.put(typeUrl, { A: "1", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl);
      await client.accept(typeUrl);
      rig.put(typeUrl, { B: "2" });
      expect((await client.accept(typeUrl)).names).toEqual(["A", "B"]);
      rig.remove(typeUrl, "A");
      expect((await client.accept(typeUrl)).names).toEqual(["B"]);
    }
    for (const typeUrl of [endpoint, route]) {
      rig.put(typeUrl, { A: "1", B: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A", "B"]);
      await client.acceptAll();
      rig.put(typeUrl, { B: "2" });
      expect((await client.accept(typeUrl)).names).toEqual(["B"]);
      await client.expectNoResponse();
    }
  },
);

statement(
  "4: the last listener or cluster removed is an empty response with a new version",
  sotwOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, listener]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl);
      const before = await client.accept(typeUrl);
      rig.remove(typeUrl, "A");
      const after = await client.accept(typeUrl);
      expect(after.names).toEqual([]);
      expect(after.versionInfo).not.toBe(before.versionInfo);
    }
  },
);

statement(
  "4: the last endpoint or route removed is not announced, for an empty response says nothing",
  sotwOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [endpoint, route]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      await client.accept(typeUrl);
      rig.remove(typeUrl, "A");
      await client.expectNoResponse();
      rig.put(typeUrl, { A: "1" });
      expect((await client.accept(typeUrl)).names).toEqual(["A"]);
    }
  },
);

statement(
  "11: the same content has the same version on another server",
  "all variants",
  async ({ rig, connect, variant, sotw }) => {
    const versions = async (from: XdsRig, client: ReturnType<typeof connect>): Promise<unknown> => {
      from.put(cluster, { B: "1", A: "1" });
      client.subscribe(cluster);
      const { versionInfo, versions: each } = await client.accept(cluster);
      return sotw ? versionInfo : Object.fromEntries(each);
    };
    const here = await versions(rig, connect(cluster));
    const other = await XdsRig.start();
    try {
      other.put(cluster, { A: "0" }); // another history
      const client = other.client({ variant: variant.wire, service: variant.aggregated ? "ads" : "cds" });
      expect(await versions(other, client)).toEqual(here);
    } finally {
      await other.close();
    }
  },
);

statement("11: a version that the caller pinned is sent literally", "all variants", async ({ rig, connect }) => {
  const content = (text: string) => [{ name: "A", bytes: namedBytes("A", text) }];
  for (const typeUrl of [cluster, endpoint]) {
    rig.cache.replace(AUDIENCE, typeUrl, content("1"), { typeVersion: "v7" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    expect((await client.accept(typeUrl)).versionInfo).toBe("v7");
    rig.cache.replace(AUDIENCE, typeUrl, content("2"), { typeVersion: "v8" });
    expect((await client.accept(typeUrl)).versionInfo).toBe("v8");
  }
});

statement("11: a new pinned version is sent although the content is the same", sotwOnly, async ({ rig, connect }) => {
  const content = [{ name: "A", bytes: namedBytes("A", "1") }];
  for (const typeUrl of [cluster, endpoint]) {
    rig.cache.replace(AUDIENCE, typeUrl, content, { typeVersion: "v1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    await client.accept(typeUrl);
    rig.cache.replace(AUDIENCE, typeUrl, content, { typeVersion: "v1" });
    await client.expectNoResponse();
    rig.cache.replace(AUDIENCE, typeUrl, content, { typeVersion: "v2" });
    expect((await client.accept(typeUrl)).versionInfo).toBe("v2");
    await client.expectNoResponse();
  }
});

const TTL_FEATURES = ["xds.config.supports-resource-ttl", "xds.config.supports-resource-in-sotw"];

statement("20: a resource with a TTL is kept alive by heartbeats", "all variants", async ({ rig, connect, sotw }) => {
  for (const typeUrl of [cluster, endpoint, route]) {
    const put = (name: string, content: string, ttlMs?: number): void =>
      rig.cache.apply(AUDIENCE, {
        upsert: [{ typeUrl, name, bytes: namedBytes(name, content), ...(ttlMs === undefined ? {} : { ttlMs }) }],
      });
    put("A", "1", 3_000);
    put("B", "1");
    const client = connect(typeUrl, { clientFeatures: TTL_FEATURES });
    client.subscribe(typeUrl, ["A", "B"]);
    const first = await client.acceptAll();
    expect(first.flatMap(({ ttlsMs }) => [...ttlsMs])).toEqual([["A", 3_000]]);
    expect(first.flatMap(({ heartbeats }) => heartbeats)).toEqual([]);
    const versionBefore = first.at(-1)?.versionInfo;
    rig.clock.advance(900);
    await client.expectNoResponse();
    for (let beat = 0; beat < 3; beat++) {
      rig.clock.advance(1_000);
      const response = await client.accept(typeUrl);
      // Full state is said again, content and all; what it leaves out would be gone.
      const whole = sotw && typeUrl === cluster;
      expect(response.names).toEqual(whole ? ["A", "B"] : ["A"]);
      expect(response.heartbeats).toEqual(whole ? [] : ["A"]);
      expect([...response.ttlsMs]).toEqual([["A", 3_000]]);
      if (sotw) expect(response.versionInfo).toBe(versionBefore);
      else expect(response.versions.get("A")).toBe(rig.cache.get(AUDIENCE, typeUrl, "A")?.version);
      await client.expectNoResponse();
    }
    // Another TTL is news, even with the same content.
    put("A", "1", 600);
    const changed = await client.accept(typeUrl);
    expect([...changed.ttlsMs]).toEqual([["A", 600]]);
    rig.clock.advance(250);
    expect((await client.accept(typeUrl)).names).toContain("A");
    // No TTL any more: the client is told, and heartbeats end.
    put("A", "1");
    expect((await client.accept(typeUrl)).ttlsMs.size).toBe(0);
    rig.clock.advance(60_000);
    await client.expectNoResponse();
    client.close();
  }
});

statement("20: heartbeats go on after a reconnect, without the content again", deltaOnly, async ({ rig, connect }) => {
  for (const typeUrl of [cluster, endpoint]) {
    const upsert = [{ typeUrl, name: "A", bytes: namedBytes("A", "1"), ttlMs: 3_000 }];
    rig.cache.apply(AUDIENCE, { upsert });
    const client = connect(typeUrl, { clientFeatures: TTL_FEATURES });
    client.subscribe(typeUrl, ["A"]);
    await client.accept(typeUrl);
    client.reconnect({ resume: true });
    expect((await client.accept(typeUrl)).heartbeats).toEqual(["A"]); // nobody knows how old the client's timer is
    rig.clock.advance(1_000);
    expect((await client.accept(typeUrl)).heartbeats).toEqual(["A"]);
    await client.expectNoResponse();
    client.close();
  }
});

statement(
  "20: a client that does not support TTLs sees neither TTL nor heartbeats",
  "all variants",
  async ({ rig, connect, sotw }) => {
    const upsert = [{ typeUrl: route, name: "A", bytes: namedBytes("A", "1"), ttlMs: 3_000 }];
    rig.cache.apply(AUDIENCE, { upsert });
    const unaware = sotw ? [[], TTL_FEATURES.slice(0, 1)] : [[], TTL_FEATURES.slice(1)];
    for (const clientFeatures of unaware) {
      const client = connect(route, { clientFeatures });
      client.subscribe(route, ["A"]);
      const { ttlsMs, names } = await client.accept(route);
      expect([names, ttlsMs.size]).toEqual([["A"], 0]);
      rig.clock.advance(10_000);
      await client.expectNoResponse();
    }
  },
);

statement(
  "20: a heartbeat that is not answered is not followed by another, and holds up no content",
  "all variants",
  async ({ rig, connect }) => {
    rig.cache.apply(AUDIENCE, {
      upsert: [{ typeUrl: endpoint, name: "A", bytes: namedBytes("A", "1"), ttlMs: 3_000 }],
    });
    const client = connect(endpoint, { clientFeatures: TTL_FEATURES });
    client.subscribe(endpoint, ["A", "B"]);
    await client.acceptAll();
    rig.clock.advance(1_000);
    const beat = await client.expectResponse(endpoint);
    expect(beat.heartbeats).toEqual(["A"]);
    rig.clock.advance(10_000);
    await client.expectNoResponse();
    rig.put(endpoint, { B: "1" });
    const content = await client.expectResponse(endpoint);
    expect(content.names).toEqual(["B"]);
    client.ack(content);
    expect((await client.accept(endpoint)).heartbeats).toEqual(["A"]);
  },
);

statement(
  "22: a response holds only what changed, each resource with its name and version, and what was removed",
  deltaOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, listener]) {
      rig.put(typeUrl, { A: "1", B: "1", C: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl);
      const all = await client.accept(typeUrl);
      rig.cache.apply(AUDIENCE, {
        upsert: [{ typeUrl, name: "B", bytes: namedBytes("B", "2") }],
        remove: [{ typeUrl, name: "C" }],
      });
      const change = await client.accept(typeUrl);
      expect([change.names, change.removed]).toEqual([["B"], ["C"]]);
      expect(change.versions.get("B")).toMatch(/^[0-9a-f]{16}$/);
      expect(change.versions.get("B")).not.toBe(all.versions.get("B"));
      await client.expectNoResponse();
    }
  },
);

statement(
  "29: secrets and extension configurations that do not exist are never announced as removed",
  deltaOnly,
  async ({ rig, connect }) => {
    for (const typeUrl of [secret, extensionConfig]) {
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      await client.expectNoResponse();
      rig.put(typeUrl, { A: "1" });
      expect((await client.accept(typeUrl)).names).toEqual(["A"]);
      rig.remove(typeUrl, "A");
      await client.expectNoResponse();
      rig.put(typeUrl, { A: "2" });
      const { names, removed } = await client.accept(typeUrl);
      expect([names, removed]).toEqual([["A"], []]);
    }
  },
);

statement(
  "35: weights, priorities and localities keep the rules of all clients at every extreme of the shares",
  "all variants",
  async ({ rig, connect }) => {
    const client = connect(endpoint);
    client.subscribe(endpoint, ["checkout"]);
    await client.accept(endpoint);
    const shares = [...Array.from({ length: 200 }, () => 1e-9), 1 - 2e-7];
    for (const enforcement of [LEAST_REQUEST, ROUND_ROBIN]) {
      const weights = weightsFor(enforcement, shares, 1_000);
      const endpoints = weights.map((weight, index) =>
        checkoutEndpoint(`i-${index}`, {
          port: 1 + index,
          weight,
          priority: index % 2 === 0 ? 0 : 100,
          hostname: enforcement.policy, // else the second push could equal the first
        }),
      );
      const message = messageOf(ClusterLoadAssignment, assignmentOf(CHECKOUT, endpoints));
      rig.cache.apply(AUDIENCE, { upsert: [{ typeUrl: endpoint, name: "checkout", message }] });
      const bytes = (await client.accept(endpoint)).resources.get("checkout");
      const { endpoints: localities } = ClusterLoadAssignment.decode(bytes ?? Buffer.of());
      expect(localities.map(({ priority }) => priority)).toEqual([0, 1]);
      for (const { lbEndpoints, loadBalancingWeight = 0 } of localities) {
        const each = lbEndpoints.map((one) => one.loadBalancingWeight ?? 0);
        const sum = each.reduce((total, weight) => total + weight, 0);
        expect(Math.min(...each)).toBeGreaterThanOrEqual(1);
        expect(sum).toBeLessThanOrEqual(2 ** 32 - 1);
        expect(loadBalancingWeight).toBe(sum);
      }
    }
  },
);

statement(
  "40: equal content is no change, whoever writes it and in whatever order",
  "all variants",
  async ({ rig, connect, sotw }) => {
    for (const typeUrl of [cluster, endpoint, route]) {
      rig.put(typeUrl, { B: "1", A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A", "B"]);
      const before = await client.acceptAll();
      rig.put(typeUrl, { A: "1", B: "1" });
      const again = ["A", "B"].map((name) => ({ name, bytes: namedBytes(name, "1") }));
      rig.cache.replace(AUDIENCE, typeUrl, again);
      await client.expectNoResponse();
      rig.cache.replace(AUDIENCE, typeUrl, again.toReversed());
      await client.expectNoResponse();
      if (typeUrl !== cluster) continue;
      // Gone and back in another order: the same versions again.
      rig.cache.replace(AUDIENCE, typeUrl, []);
      await client.acceptAll();
      rig.cache.replace(AUDIENCE, typeUrl, again.toReversed());
      const after = await client.acceptAll();
      const versions = (responses: typeof before): unknown =>
        responses.map(({ versions: each, versionInfo }) => (sotw ? versionInfo : new Map(each)));
      expect(versions(after)).toEqual(versions(before));
    }
  },
);

statement(
  "an audience that is cleared is forgotten silently, and equal content that comes back is no news",
  "all variants",
  async ({ rig, connect }) => {
    for (const typeUrl of [cluster, endpoint]) {
      rig.put(typeUrl, { A: "1" });
      const client = connect(typeUrl);
      client.subscribe(typeUrl, ["A"]);
      await client.accept(typeUrl);
      rig.cache.clear(AUDIENCE);
      await client.expectNoResponse();
      rig.put(typeUrl, { A: "1" });
      await client.expectNoResponse();
      rig.put(typeUrl, { A: "2" });
      expect((await client.accept(typeUrl)).names).toEqual(["A"]);
    }
  },
);
