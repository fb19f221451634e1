import { describe, expect, test } from "@jest/globals";
import { StoredCheckpoints } from "../../../src/app/checkpoints.js";
import type { Checkpoint } from "../../../src/control/checkpoint.js";
import type { ServiceName } from "../../../src/model/ids.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { noMetrics } from "../../../src/runtime/metrics.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import type { CommitResult, Op, StateStore } from "../../../src/store/state-store.js";

const SHOP = "shop" as ServiceName;
const checkpoint = (revision: number): Checkpoint => ({
  version: 1,
  algorithm: "adaptive",
  policyState: { learnedMs: 1 },
  modifierStates: {},
  inForce: { revision, equal: true, inFlightPerWorker: 0, entries: {} },
  membership: "",
});
const open = async (store: StateStore) => {
  const checkpoints = new StoredCheckpoints({ store, logger: silentLogger, metrics: noMetrics });
  await checkpoints.start();
  return checkpoints;
};

describe("StoredCheckpoints", () => {
  test("what was saved last is loaded after a restart; forgotten is forgotten", async () => {
    const store = new MemoryStore();
    const first = await open(store);
    for (let revision = 1; revision <= 5; revision++) first.save(SHOP, checkpoint(revision));
    first.save("gone" as ServiceName, checkpoint(1));
    first.forget("gone" as ServiceName);
    await first.stop();
    const second = await open(store);
    expect(second.load(SHOP)).toEqual(checkpoint(5));
    expect(second.load("gone" as ServiceName)).toBeUndefined();
  });

  test("one that is larger than a value of the store may be is kept in parts; a smaller one leaves none behind", async () => {
    const store = new MemoryStore();
    const keys = async () => (await store.snapshot("learn/")).entries.map(({ key }) => key);
    const large = { ...checkpoint(1), policyState: { learned: "é".repeat(900_000) } };
    const first = await open(store);
    first.save(SHOP, large);
    first.save("shop2" as ServiceName, checkpoint(7));
    await first.stop();
    expect(await keys()).toEqual(["learn/shop", "learn/shop/1", "learn/shop/2", "learn/shop/3", "learn/shop2"]);
    const second = await open(store);
    expect(second.load(SHOP)).toEqual(large);
    expect(second.load("shop2" as ServiceName)).toEqual(checkpoint(7));
    second.save(SHOP, checkpoint(2));
    await second.stop();
    expect(await keys()).toEqual(["learn/shop", "learn/shop2"]);
    const third = await open(store);
    expect(third.load(SHOP)).toEqual(checkpoint(2));
    third.save(SHOP, large);
    third.forget(SHOP);
    await third.stop();
    expect(await keys()).toEqual(["learn/shop2"]);
  });

  test("a missing part is no checkpoint", async () => {
    const store = new MemoryStore();
    const first = await open(store);
    first.save(SHOP, { ...checkpoint(1), policyState: { learned: "x".repeat(1_200_000) } });
    await first.stop();
    await store.commit([{ type: "delete", key: "learn/shop/1" }]);
    expect((await open(store)).load(SHOP)).toBeUndefined();
  });

  test("while one write is under way only the newest waits", async () => {
    const written: number[] = [];
    const store = new MemoryStore();
    const commit = store.commit.bind(store);
    store.commit = async (ops: readonly Op[]): Promise<CommitResult> => {
      for (const op of ops)
        if (op.type === "put") written.push(JSON.parse(new TextDecoder().decode(op.value)).inForce.revision);
      return commit(ops);
    };
    const checkpoints = await open(store);
    for (let revision = 1; revision <= 100; revision++) checkpoints.save(SHOP, checkpoint(revision));
    await checkpoints.stop();
    expect(written).toEqual([1, 100]);
  });

  test("a store that fails is reported, and later saves go on", async () => {
    const store = new MemoryStore();
    const commit = store.commit.bind(store);
    let broken = true;
    store.commit = async (ops: readonly Op[]): Promise<CommitResult> => {
      if (broken) throw new Error("disk is gone");
      return commit(ops);
    };
    const counted: string[] = [];
    const checkpoints = new StoredCheckpoints({
      store,
      logger: silentLogger,
      metrics: { ...noMetrics, count: (name) => counted.push(name) },
    });
    await checkpoints.start();
    checkpoints.save(SHOP, checkpoint(1));
    await checkpoints.stop();
    expect(counted).toEqual(["steelyard_checkpoint_failures_total"]);
    broken = false;
    checkpoints.save(SHOP, checkpoint(2));
    await checkpoints.stop();
    expect((await open(store)).load(SHOP)).toEqual(checkpoint(2));
  });

  test("bytes that are not JSON are dropped", async () => {
    const store = new MemoryStore();
    await store.commit([{ type: "put", key: "learn/shop", value: new Uint8Array([0xff, 0x00]) }]);
    expect((await open(store)).load(SHOP)).toBeUndefined();
  });
});
