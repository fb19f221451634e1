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

  test("encodes a message once, when it comes in", () => {
    let encoded = 0;
    const codec = { encode: (text: string) => ({ finish: () => (encoded++, bytes(text)) }) };
    cache.apply("a", { upsert: [{ typeUrl: cluster, name: "c", message: messageOf(codec, "hello") }] });
    expect(cache.get("a", cluster, "c")?.bytes.toString()).toBe("hello");
    expect(encoded).toBe(1);
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
