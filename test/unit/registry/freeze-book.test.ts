import { beforeEach, describe, expect, test } from "@jest/globals";
import { parseServiceName, type ServiceName } from "../../../src/model/ids.js";
import { DEFAULT_SERVICE_POLICY, type ServiceSnapshot } from "../../../src/model/service.js";
import { FreezeBook } from "../../../src/registry/freeze-book.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { WatchableMap } from "../../../src/runtime/watchable-map.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { BreakableStore } from "./registry-fixture.js";

const SHOP = parseServiceName("shop");
const HOUR_MS = 3_600_000;

let clock: ManualClock;
let store: BreakableStore;
let services: WatchableMap<ServiceName, ServiceSnapshot>;

async function openBook(): Promise<FreezeBook> {
  const book = new FreezeBook({ store, services, clock, logger: silentLogger });
  await book.start();
  return book;
}

/** Stops the book and opens one on the same store, as a restart does. */
async function reopened(book: FreezeBook): Promise<FreezeBook> {
  await book.stop();
  return openBook();
}

const stored = async (): Promise<readonly string[]> => (await store.snapshot("freezes/")).entries.map(({ key }) => key);

beforeEach(() => {
  clock = new ManualClock(1_000);
  store = new BreakableStore(new MemoryStore());
  services = new WatchableMap();
  services.store(SHOP, { service: SHOP, policy: DEFAULT_SERVICE_POLICY, declared: true, revision: 1, instances: [] });
});

describe("a freeze", () => {
  test("is in effect and durable once it resolves, and lifted likewise", async () => {
    const book = await openBook();
    const freeze = await book.freeze(SHOP, { reason: "sale" });
    expect(freeze).toEqual({ reason: "sale", frozenAtMs: 1_000, expiresAtMs: undefined });
    expect(book.freezes.get(SHOP)).toEqual(freeze);
    const after = await reopened(book);
    expect(after.freezes.get(SHOP)).toEqual(freeze);
    expect(await after.unfreeze(SHOP)).toBe(true);
    expect(await after.unfreeze(SHOP)).toBe(false);
    expect(after.freezes.get(SHOP)).toBeUndefined();
    expect((await reopened(after)).freezes.size).toBe(0);
  });

  test("told again keeps its beginning and takes the new reason and ttl", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "sale", ttlMs: HOUR_MS });
    clock.advance(HOUR_MS / 2);
    const again = await book.freeze(SHOP, { reason: "longer sale", ttlMs: HOUR_MS });
    expect(again).toEqual({ reason: "longer sale", frozenAtMs: 1_000, expiresAtMs: 1_000 + 1.5 * HOUR_MS });
    clock.advance(HOUR_MS - 1);
    expect(book.freezes.get(SHOP)).toEqual(again);
    clock.advance(1);
    expect(book.freezes.get(SHOP)).toBeUndefined();
  });

  test("of an unknown service is refused", async () => {
    const book = await openBook();
    await expect(book.freeze(parseServiceName("nobody"), { reason: "" })).rejects.toMatchObject({
      code: "ERR_UNKNOWN_SERVICE",
    });
    expect(await stored()).toEqual([]);
  });

  test("ends by its ttl, in memory and in the store", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "", ttlMs: HOUR_MS });
    clock.advance(HOUR_MS);
    expect(book.freezes.get(SHOP)).toBeUndefined();
    await book.stop();
    expect(await stored()).toEqual([]);
    expect(clock.pendingTasks).toBe(0);
  });

  test("whose time passed while the server was down is over at the next start", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "", ttlMs: HOUR_MS });
    await book.stop();
    clock.advance(HOUR_MS + 1);
    const after = await openBook();
    expect(after.freezes.size).toBe(0);
    await after.stop();
    expect(await stored()).toEqual([]);
  });

  test("that has time left after a restart ends when it should", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "", ttlMs: HOUR_MS });
    clock.advance(HOUR_MS / 2);
    const after = await reopened(book);
    clock.advance(HOUR_MS / 2 - 1);
    expect(after.freezes.get(SHOP)).toBeDefined();
    clock.advance(1);
    expect(after.freezes.get(SHOP)).toBeUndefined();
  });

  test("ends with its service", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "" });
    services.delete(SHOP);
    await Promise.resolve();
    expect(book.freezes.get(SHOP)).toBeUndefined();
    await book.stop();
    expect(await stored()).toEqual([]);
  });
});

describe("a store that is away", () => {
  test("refuses a freeze, which then is none, and a lift, which then still holds", async () => {
    const book = await openBook();
    store.mode = "down";
    await expect(book.freeze(SHOP, { reason: "" })).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(book.freezes.get(SHOP)).toBeUndefined();
    store.mode = "up";
    await book.freeze(SHOP, { reason: "" });
    store.mode = "full";
    await expect(book.unfreeze(SHOP)).rejects.toMatchObject({ code: "ERR_STORE_FULL" });
    expect(book.freezes.get(SHOP)).toBeDefined();
  });

  test("keeps no freeze alive beyond its ttl", async () => {
    const book = await openBook();
    await book.freeze(SHOP, { reason: "", ttlMs: HOUR_MS });
    store.mode = "down";
    clock.advance(HOUR_MS);
    expect(book.freezes.get(SHOP)).toBeUndefined();
    await book.stop();
    store.mode = "up";
    expect(await stored()).toEqual(["freezes/shop"]);
    const after = await openBook();
    expect(after.freezes.size).toBe(0);
    await after.stop();
    expect(await stored()).toEqual([]);
  });

  test("that reported a freeze as lost and had it all the same: the lift removes it", async () => {
    const book = await openBook();
    store.mode = "lost";
    await expect(book.freeze(SHOP, { reason: "" })).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    store.mode = "up";
    expect(await book.unfreeze(SHOP)).toBe(false);
    expect(await stored()).toEqual([]);
  });

  test("holds a record that is none of ours: it is left alone", async () => {
    await store.commit([{ type: "put", key: "freezes/shop", value: new TextEncoder().encode("{}") }]);
    const book = await openBook();
    expect(book.freezes.size).toBe(0);
  });
});
