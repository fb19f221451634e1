// Statements on what a response holds: full state or changes, versions, removals.
import { expect } from "@jest/globals";
import { TYPE_URLS } from "../../../src/xds/index.js";
import { namedBytes } from "../../harness/xds-messages.js";
import { AUDIENCE, XdsRig } from "../../harness/xds-rig.js";
import { statement } from "./statement.js";

const { cluster, endpoint, listener, route } = TYPE_URLS;
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

statement("40: equal content is no change, whoever writes it", "all variants", async ({ rig, connect }) => {
  for (const typeUrl of [cluster, endpoint]) {
    rig.put(typeUrl, { A: "1" });
    const client = connect(typeUrl);
    client.subscribe(typeUrl, ["A"]);
    await client.accept(typeUrl);
    rig.put(typeUrl, { A: "1" });
    rig.cache.replace(AUDIENCE, typeUrl, [{ name: "A", bytes: namedBytes("A", "1") }]);
    await client.expectNoResponse();
  }
});

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
