import { beforeEach, describe, expect, test } from "@jest/globals";
import { type CacheChange, type CacheEvent, messageOf, ResourceCache, TYPE_URLS } from "../../../src/xds/index.js";

const { cluster, endpoint } = TYPE_URLS;
const bytes = (text: string): Buffer => Buffer.from(text);

describe("ResourceCache", () => {
  let cache: ResourceCache;
  let events: CacheEvent[];
  beforeEach(() => {
    cache = new ResourceCache();
    events = [];
    cache.watch((event) => events.push(event));
  });
  const lastNames = (): unknown => {
    const event = events.at(-1);
    return event?.type === "changed"
      ? Object.fromEntries([...event.names].map(([typeUrl, names]) => [typeUrl, [...names]]))
      : event?.type;
  };

  test("applies all types in one step and tells once", () => {
    cache.apply("a", {
      upsert: [
        { typeUrl: cluster, name: "c", bytes: bytes("1") },
        { typeUrl: endpoint, name: "c", message: { encode: () => bytes("1") } },
      ],
      remove: [{ typeUrl: cluster, name: "absent" }],
    });
    expect(events).toHaveLength(1);
    expect(lastNames()).toEqual({ [cluster]: ["c"], [endpoint]: ["c"] });
    expect(cache.get("b", cluster, "c")).toBeUndefined();
  });

  describe("messages", () => {
    let encoded: string[] = [];
    const codec = {
      encode: (text: string) => ({
        finish: () => {
          if (text === "broken") throw new Error("cannot encode");
          encoded.push(text);
          return bytes(text);
        },
      }),
    };
    const put = (audience: string, text: string): void =>
      cache.apply(audience, { upsert: [{ typeUrl: cluster, name: "c", message: messageOf(codec, text) }] });
    beforeEach(() => {
      encoded = [];
    });

    test("are encoded when somebody looks, once, and never if they were replaced before", () => {
      put("a", "1");
      put("a", "2");
      expect(encoded).toEqual([]);
      expect(cache.get("a", cluster, "c")?.bytes.toString()).toBe("2");
      expect(cache.snapshot("a", cluster).resources).toHaveLength(1);
      expect(encoded).toEqual(["2"]);
    });

    test("are encoded at once where there are clients, or content to compare with", () => {
      cache.attach("a");
      put("a", "1");
      expect(encoded).toEqual(["1"]);
      cache.detach("a");
      put("a", "1");
      expect(encoded).toEqual(["1", "1"]);
      expect(events).toHaveLength(1);
    });

    test("that cannot be encoded leave an audience with clients as it was", () => {
      cache.attach("a");
      put("a", "1");
      expect(() => put("a", "broken")).toThrow("cannot encode");
      expect(cache.get("a", cluster, "c")?.bytes.toString()).toBe("1");
    });

    test("that wait are removed, replaced and counted in the version like others", () => {
      put("a", "1");
      cache.apply("a", { remove: [{ typeUrl: cluster, name: "c" }] });
      expect(cache.get("a", cluster, "c")).toBeUndefined();
      put("a", "1");
      const before = cache.typeVersion("a", cluster).versionInfo;
      expect(before).not.toBe("0".repeat(16));
      cache.replace("a", cluster, []);
      expect([...cache.names("a", cluster)]).toEqual([]);
      put("a", "1");
      expect(cache.typeVersion("a", cluster).versionInfo).toBe(before);
    });
  });

  test("equal content of two audiences is one object, until the last lets go of it", () => {
    const put = (audience: string, text: string): void =>
      cache.apply(audience, { upsert: [{ typeUrl: cluster, name: "c", bytes: bytes(text) }] });
    for (const audience of ["a", "b", "c"]) put(audience, "1");
    expect(cache.get("a", cluster, "c")).toBe(cache.get("b", cluster, "c"));
    expect(cache.size).toBe(1);
    put("b", "2");
    expect(cache.size).toBe(2);
    cache.apply("a", { remove: [{ typeUrl: cluster, name: "c" }] });
    expect(cache.size).toBe(2);
    cache.clear("c");
    expect(cache.size).toBe(1);
    cache.clear("b");
    expect(cache.size).toBe(0);
  });

  test("what differs in more than its bytes is not shared", () => {
    const resource = { typeUrl: cluster, name: "c", bytes: bytes("1") };
    cache.apply("a", { upsert: [resource] });
    cache.apply("b", { upsert: [{ ...resource, ttlMs: 1_000 }] });
    cache.apply("c", { upsert: [{ ...resource, refs: [{ typeUrl: endpoint, name: "c" }] }] });
    cache.apply("d", { upsert: [{ ...resource, typeUrl: endpoint }] });
    cache.replace("e", cluster, [{ name: "c", bytes: bytes("1") }], { typeVersion: "v1" });
    const held = ["a", "b", "c", "e"].map((audience) => cache.get(audience, cluster, "c"));
    expect(new Set([...held, cache.get("d", endpoint, "c")]).size).toBe(5);
    for (const audience of cache.audiences()) cache.clear(audience);
    expect(cache.size).toBe(0);
  });

  test("dangling references are found, over types", () => {
    const refs = [{ typeUrl: endpoint, name: "c" }];
    cache.apply("a", { upsert: [{ typeUrl: cluster, name: "c", bytes: bytes("1"), refs }] });
    expect(cache.danglingRefs("a")).toEqual([{ from: { typeUrl: cluster, name: "c" }, to: refs[0] }]);
    cache.apply("a", { upsert: [{ typeUrl: endpoint, name: "c", bytes: bytes("1") }] });
    expect(cache.danglingRefs("a")).toEqual([]);
    expect(cache.danglingRefs("nobody")).toEqual([]);
  });

  test("an audience is collected only without clients and unpinned", () => {
    cache.apply("a", { upsert: [{ typeUrl: cluster, name: "c", bytes: bytes("1") }] });
    cache.attach("a");
    expect(cache.collect("a")).toBe(false);
    expect(cache.detach("a")).toBe(true);
    cache.pin("a");
    expect(cache.collect("a")).toBe(false);
    cache.unpin("a");
    expect(cache.collect("a")).toBe(true);
    expect(cache.collect("a")).toBe(false);
    expect([...cache.audiences()]).toEqual([]);
  });

  test.each<[string, CacheChange]>([
    ["an empty name", { upsert: [{ typeUrl: cluster, name: "", bytes: bytes("1") }] }],
    ["the name *", { upsert: [{ typeUrl: cluster, name: "*", bytes: bytes("1") }] }],
    ["an empty type", { remove: [{ typeUrl: "", name: "c" }] }],
    [
      "upsert and removal of one resource",
      { upsert: [{ typeUrl: cluster, name: "c", bytes: bytes("1") }], remove: [{ typeUrl: cluster, name: "c" }] },
    ],
  ])("refuses %s and applies nothing", (_, change) => {
    const upsert = [{ typeUrl: cluster, name: "good", bytes: bytes("1") }, ...(change.upsert ?? [])];
    expect(() => cache.apply("a", { ...change, upsert })).toThrow(TypeError);
    expect(cache.get("a", cluster, "good")).toBeUndefined();
    expect(events).toEqual([]);
  });

  test("equal content changes nothing, but new references are taken over", () => {
    const upsert = [{ typeUrl: cluster, name: "c", bytes: bytes("1") }];
    cache.apply("a", { upsert });
    const held = cache.get("a", cluster, "c");
    cache.apply("a", { upsert });
    expect(cache.get("a", cluster, "c")).toBe(held);
    const refs = [{ typeUrl: endpoint, name: "c" }];
    cache.apply("a", { upsert: upsert.map((each) => ({ ...each, refs })) });
    expect(cache.get("a", cluster, "c")?.refs).toEqual(refs);
    expect(events).toHaveLength(1);
  });

  test("the version of a set depends on its content alone", () => {
    const put = (audience: string, ...names: string[]): void =>
      cache.apply(audience, { upsert: names.map((name) => ({ typeUrl: cluster, name, bytes: bytes(name) })) });
    put("a", "x", "y", "z");
    put("b", "z", "w");
    put("b", "y", "x");
    cache.apply("b", { remove: [{ typeUrl: cluster, name: "w" }] });
    expect(cache.snapshot("b", cluster).content).toBe(cache.snapshot("a", cluster).content);
    expect(cache.snapshot("a", cluster).content).toBe(cache.typeVersion("a", cluster).versionInfo);
    expect(cache.snapshot("b", cluster).resources.map(({ name }) => name)).toEqual(["x", "y", "z"]);
    put("b", "w");
    expect(cache.snapshot("b", cluster).content).not.toBe(cache.snapshot("a", cluster).content);
  });

  test("replace is the whole content of the type", () => {
    cache.replace("a", cluster, [
      { name: "x", bytes: bytes("1") },
      { name: "y", bytes: bytes("1") },
    ]);
    cache.replace("a", cluster, [
      { name: "y", bytes: bytes("1") },
      { name: "z", bytes: bytes("1") },
    ]);
    expect(lastNames()).toEqual({ [cluster]: ["x", "z"] });
    expect([...cache.names("a", cluster)]).toEqual(["y", "z"]);
    expect(() => cache.replace("a", cluster, [{ typeUrl: endpoint, name: "e", bytes: bytes("1") }])).toThrow(TypeError);
  });

  test("a pinned version holds until the next apply", () => {
    cache.replace("a", cluster, [{ name: "x", bytes: bytes("1") }], { typeVersion: "v1" });
    expect(cache.snapshot("a", cluster).versionInfo).toBe("v1");
    cache.replace("a", cluster, [{ name: "x", bytes: bytes("1") }], { typeVersion: "v1" });
    expect(events).toHaveLength(1);
    cache.replace("a", cluster, [], { typeVersion: "v2" });
    cache.replace("a", cluster, [], { typeVersion: "v3" });
    expect(lastNames()).toEqual({ [cluster]: [] });
    cache.apply("a", { upsert: [{ typeUrl: cluster, name: "x", bytes: bytes("2") }] });
    expect(cache.snapshot("a", cluster).versionInfo).toMatch(/^[0-9a-f]{16}$/);
  });

  test("clear forgets one audience, once", () => {
    cache.apply("a", { upsert: [{ typeUrl: cluster, name: "x", bytes: bytes("1") }] });
    cache.clear("a");
    cache.clear("a");
    expect(events.map(({ type }) => type)).toEqual(["changed", "cleared"]);
    expect([...cache.audiences()]).toEqual([]);
  });
});
