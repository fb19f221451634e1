// SQLite against the memory store as its model: the same commits have the same results, also in groups, and a reopened
// file goes on where it was.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { systemClock } from "../../../src/runtime/clock.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.js";
import type { Guard, Op, StateStore, StoreEvent } from "../../../src/store/state-store.js";

const root = mkdtempSync(join(tmpdir(), "steelyard-store-"));
let count = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

const key = fc.constantFrom("a", "a/b", "a/c", "b", "~");
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, value: fc.uint8Array({ maxLength: 8 }) }),
  fc.record({ type: fc.constant("delete" as const), key }),
);
const guard: fc.Arbitrary<Guard> = fc.record({ key, rev: fc.integer({ min: 0, max: 6 }) });
const commit = fc.record({
  ops: fc.uniqueArray(op, { selector: (entry) => entry.key, maxLength: 3 }),
  guards: fc.array(guard, { maxLength: 1 }),
});
/** Commits of one group are asked for without waiting in between. */
const script = fc.array(fc.record({ group: fc.array(commit, { minLength: 1, maxLength: 4 }), reopen: fc.boolean() }), {
  maxLength: 8,
});

const watched = (store: StateStore): StoreEvent[] => {
  const events: StoreEvent[] = [];
  store.watch("a", 0, { events: (batch) => void events.push(...batch), resync: () => undefined });
  return events;
};

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (item instanceof Uint8Array ? [...item] : item)));

test("the same script has the same results, contents and events", async () => {
  await fc.assert(
    fc.asyncProperty(script, async (steps) => {
      const dataDir = join(root, `${count++}`);
      const open = () => SqliteStore.open({ dataDir, logger: silentLogger, clock: systemClock });
      const model = new MemoryStore();
      const modelEvents = watched(model);
      let store = await open();
      let events = watched(store);
      let reopened = false;
      try {
        for (const { group, reopen } of steps) {
          const run = (target: StateStore) => Promise.all(group.map(({ ops, guards }) => target.commit(ops, guards)));
          expect(plain(await run(store))).toEqual(plain(await run(model)));
          expect(plain(await store.snapshot(""))).toEqual(plain(await model.snapshot("")));
          expect(plain(await store.snapshot("a/"))).toEqual(plain(await model.snapshot("a/")));
          if (!reopen) continue;
          await store.close();
          store = await open();
          events = watched(store);
          reopened = true;
        }
        await new Promise((resolve) => setImmediate(resolve));
        if (!reopened) expect(plain(events)).toEqual(plain(modelEvents));
        const [late, lateModel] = [watched(store), watched(model)];
        await new Promise((resolve) => setImmediate(resolve));
        const byKey = (list: readonly StoreEvent[]) => new Map(list.map((event) => [event.key, plain(event)]));
        expect(byKey(late)).toEqual(byKey(lateModel));
      } finally {
        await store.close();
      }
    }),
    { numRuns: 60 },
  );
});
