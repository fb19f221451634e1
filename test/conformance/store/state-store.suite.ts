// What every StateStore promises, as one suite that each implementation runs. A store that cannot keep a promise says so
// with a reason; nothing is skipped silently.
import { afterEach, describe, expect, test } from "@jest/globals";
import type { CommitResult, Op, StateStore, StoreEvent } from "../../../src/store/state-store.js";

export interface ConformanceOptions {
  readonly name: string;
  /** A fresh, empty store that keeps the last `logCommits` single-key commits for watchers (default 10,000). */
  readonly make: (options?: { readonly logCommits?: number }) => Promise<StateStore>;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array): string => new TextDecoder().decode(value);
const put = (key: string, value: string): Op => ({ type: "put", key, value: bytes(value) });
const remove = (key: string): Op => ({ type: "delete", key });

function revOf(result: CommitResult): number {
  if (!result.ok) throw new Error("the commit was refused");
  return result.rev;
}

const contents = async (store: StateStore, prefix = ""): Promise<string[]> =>
  (await store.snapshot(prefix)).entries.map((entry) => `${entry.key}=${text(entry.value)}@${entry.rev}`);

const line = (event: StoreEvent): string =>
  event.type === "put" ? `${event.key}=${text(event.value)}@${event.rev}` : `${event.key} gone@${event.rev}`;

/** Collects what a watcher sees; `settled` waits until deliveries have had their turn. */
function recorder(store: StateStore, prefix: string, from: number) {
  const lines: string[] = [];
  const batches: { readonly size: number; readonly rev: number }[] = [];
  let resyncs = 0;
  const close = store.watch(prefix, from, {
    events(batch, rev) {
      lines.push(...batch.map(line));
      batches.push({ size: batch.length, rev });
    },
    resync: () => resyncs++,
  });
  return { lines, batches, close, resyncs: () => resyncs };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function stateStoreConformance(options: ConformanceOptions): void {
  const skipped = new Map((options.skip ?? []).map((entry) => [entry.test, entry.reason]));
  const open: StateStore[] = [];
  const make = async (makeOptions?: { readonly logCommits?: number }): Promise<StateStore> => {
    const store = await options.make(makeOptions);
    open.push(store);
    return store;
  };
  const promise = (name: string, run: () => Promise<void>): void => {
    const reason = skipped.get(name);
    if (reason === undefined) test(name, run);
    else test.skip(`${name} (${reason})`, run);
    skipped.delete(name);
  };

  describe(`StateStore: ${options.name}`, () => {
    afterEach(async () => {
      for (const store of open.splice(0)) await store.close();
    });

    promise("a new store is empty at revision 0", async () => {
      const store = await make();
      expect(await store.snapshot("")).toEqual({ rev: 0, entries: [] });
      expect(store.health().up).toBe(true);
    });

    promise("a commit is read back, and each commit is one revision", async () => {
      const store = await make();
      expect(revOf(await store.commit([put("a/1", "x"), put("a/2", "y")]))).toBe(1);
      expect(revOf(await store.commit([put("a/1", "z")]))).toBe(2);
      expect(await contents(store)).toEqual(["a/1=z@2", "a/2=y@1"]);
      expect((await store.snapshot("")).rev).toBe(2);
    });

    promise("any bytes survive, also none and a megabyte", async () => {
      const store = await make();
      const all = Uint8Array.from({ length: 256 }, (_, index) => index);
      const large = new Uint8Array(store.caps.maxValueBytes).fill(0xa5);
      await store.commit([
        { type: "put", key: "all", value: all },
        { type: "put", key: "empty", value: new Uint8Array(0) },
        { type: "put", key: "large", value: large },
      ]);
      const { entries } = await store.snapshot("");
      expect(Buffer.compare(entries[0]?.value ?? bytes("-"), all)).toBe(0);
      expect(entries[1]?.value.byteLength).toBe(0);
      expect(Buffer.compare(entries[2]?.value ?? bytes("-"), large)).toBe(0);
    });

    promise("snapshots are sorted by key and limited to the prefix", async () => {
      const store = await make();
      await store.commit(["b", "a/2", "a/10", "a", "a0", "a/~", "A/1"].map((key) => put(key, "")));
      const keys = async (prefix: string) => (await store.snapshot(prefix)).entries.map((entry) => entry.key);
      expect(await keys("a/")).toEqual(["a/10", "a/2", "a/~"]);
      expect(await keys("")).toEqual(["A/1", "a", "a/10", "a/2", "a/~", "a0", "b"]);
      expect(await keys("a/%")).toEqual([]);
      expect(await keys("a_")).toEqual([]);
    });

    promise("deleted keys are gone, deleting an absent key is harmless", async () => {
      const store = await make();
      await store.commit([put("a", "1"), put("b", "1")]);
      expect((await store.commit([remove("a"), remove("never")])).ok).toBe(true);
      expect(await contents(store)).toEqual(["b=1@1"]);
    });

    promise("guards compare revisions, and 0 means absent", async () => {
      const store = await make();
      const created = revOf(await store.commit([put("a", "1")], [{ key: "a", rev: 0 }]));
      expect(await store.commit([put("a", "2")], [{ key: "a", rev: 0 }])).toEqual({
        ok: false,
        current: [{ key: "a", value: bytes("1"), rev: created }],
      });
      expect((await store.commit([put("a", "2")], [{ key: "a", rev: created }])).ok).toBe(true);
      expect(await store.commit([remove("a")], [{ key: "gone", rev: 7 }])).toEqual({ ok: false, current: [] });
      expect(await contents(store)).toEqual([`a=2@${created + 1}`]);
    });

    promise("one failed guard refuses every operation and costs no revision", async () => {
      const store = await make();
      const rev = revOf(await store.commit([put("a", "1"), put("b", "1")]));
      const result = await store.commit(
        [put("a", "2"), remove("b"), put("c", "2")],
        [
          { key: "a", rev },
          { key: "c", rev: 9 },
        ],
      );
      expect(result).toEqual({ ok: false, current: [] });
      expect(await contents(store)).toEqual(["a=1@1", "b=1@1"]);
      expect(revOf(await store.commit([put("d", "1")]))).toBe(rev + 1);
    });

    promise("a commit without operations only checks its guards", async () => {
      const store = await make();
      const rev = revOf(await store.commit([put("a", "1")]));
      expect(await store.commit([], [{ key: "a", rev }])).toEqual({ ok: true, rev });
      expect((await store.commit([], [{ key: "a", rev: rev + 1 }])).ok).toBe(false);
    });

    promise("of concurrent commits with the same guard exactly one wins", async () => {
      const store = await make();
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          store.commit([put("leader", `${index}`)], [{ key: "leader", rev: 0 }]),
        ),
      );
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      for (const result of results) {
        if (!result.ok) expect(result.current.map((entry) => text(entry.value))).toEqual(["0"]);
      }
    });

    promise("concurrent commits take effect in the order of the calls", async () => {
      const store = await make();
      const results = await Promise.all(Array.from({ length: 50 }, (_, index) => store.commit([put("k", `${index}`)])));
      expect(results.map(revOf)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect(await contents(store)).toEqual(["k=49@50"]);
    });

    promise("buffers belong to the caller again as soon as commit returns", async () => {
      const store = await make();
      const value = bytes("kept");
      const pending = store.commit([{ type: "put", key: "a", value }]);
      value.fill(0);
      await pending;
      const first = await store.snapshot("");
      first.entries[0]?.value.fill(0);
      expect(await contents(store)).toEqual(["a=kept@1"]);
    });

    promise("what is beyond the limits is refused whole", async () => {
      const store = await make();
      const refused = { code: "ERR_INVALID_REQUEST" };
      const tooLarge = new Uint8Array(store.caps.maxValueBytes + 1);
      const tooMany = Array.from({ length: store.caps.maxOps + 1 }, (_, index) => put(`k${index}`, ""));
      await expect(store.commit([put("ok", ""), { type: "put", key: "a", value: tooLarge }])).rejects.toMatchObject(
        refused,
      );
      await expect(store.commit(tooMany)).rejects.toMatchObject(refused);
      await expect(store.commit([put("a", ""), remove("a")])).rejects.toMatchObject(refused);
      for (const key of ["", "a b", "ä", "\ud800", "a\n", "k".repeat(513)]) {
        await expect(store.commit([put(key, "")])).rejects.toMatchObject(refused);
        await expect(store.commit([], [{ key, rev: 0 }])).rejects.toMatchObject(refused);
      }
      await expect(store.commit([], [{ key: "a", rev: Number.NaN }])).rejects.toMatchObject(refused);
      await expect(store.snapshot("\u0000")).rejects.toMatchObject(refused);
      expect(await store.snapshot("")).toEqual({ rev: 0, entries: [] });
    });

    promise("a watcher sees every change under its prefix in order", async () => {
      const store = await make();
      await store.commit([put("a/1", "before")]);
      const seen = recorder(store, "a/", 1);
      await store.commit([put("a/1", "x"), put("b/1", "other")]);
      await store.commit([put("b/2", "other")]);
      await store.commit([remove("a/1"), put("a/2", "y")]);
      await settled();
      expect(seen.lines).toEqual(["a/1=x@2", "a/1 gone@4", "a/2=y@4"]);
      expect(seen.batches.at(-1)?.rev).toBe(4);
      expect(seen.resyncs()).toBe(0);
    });

    promise("events of one commit arrive in one batch", async () => {
      const store = await make();
      const seen = recorder(store, "", 0);
      await store.commit([put("a", "1"), put("b", "1"), put("c", "1")]);
      await settled();
      expect(seen.batches).toEqual([{ size: 3, rev: 1 }]);
    });

    promise("refused commits and deletes of absent keys are no events", async () => {
      const store = await make();
      const seen = recorder(store, "", 0);
      await store.commit([put("a", "1")], [{ key: "a", rev: 5 }]);
      await store.commit([remove("a")]);
      await settled();
      expect(seen.lines).toEqual([]);
    });

    promise("a late watcher catches up to the newest value of each key, then follows", async () => {
      const store = await make();
      for (const op of [put("a", "1"), put("a", "2"), put("b", "1"), remove("b"), put("c", "1"), put("x", "1")]) {
        await store.commit([op]);
      }
      const seen = recorder(store, "", 1);
      const narrow = recorder(store, "c", 0);
      await store.commit([put("a", "3")]);
      await settled();
      const state = new Map<string, string>([["a", "1"]]);
      for (const entry of seen.lines) {
        const [, key = "", value] = /^(\w)(?:=(\w)| gone)@\d+$/.exec(entry) ?? [];
        if (value === undefined) state.delete(key);
        else state.set(key, value);
      }
      expect(Object.fromEntries(state)).toEqual({ a: "3", c: "1", x: "1" });
      const revs = seen.lines.map((entry) => Number(entry.split("@")[1]));
      expect(revs).toEqual(revs.toSorted((a, b) => a - b));
      expect(narrow.lines).toEqual(["c=1@5"]);
    });

    promise("a watcher at the current revision hears nothing old", async () => {
      const store = await make();
      await store.commit([put("a", "1")]);
      const seen = recorder(store, "", 1);
      await settled();
      expect(seen.batches).toEqual([]);
      expect(seen.resyncs()).toBe(0);
    });

    promise("a revision that is compacted away, or in the future, asks for a resync", async () => {
      const store = await make({ logCommits: 10 });
      for (let index = 0; index < 40; index++) await store.commit([put("a", `${index}`)]);
      const old = recorder(store, "", 1);
      const future = recorder(store, "", 41);
      const recent = recorder(store, "", 38);
      await settled();
      expect([old.resyncs(), future.resyncs(), recent.resyncs()]).toEqual([1, 1, 0]);
      expect([old.lines, future.lines, recent.lines]).toEqual([[], [], ["a=39@40"]]);
    });

    promise("a closed watcher hears nothing more", async () => {
      const store = await make();
      const seen = recorder(store, "", 0);
      const committed = store.commit([put("a", "1")]);
      seen.close();
      await committed;
      await settled();
      expect(seen.lines).toEqual([]);
    });

    promise("a watcher may commit and may throw without harm to others", async () => {
      const store = await make();
      const stop = store.watch("a", 0, {
        events() {
          throw new Error("defect of a watcher");
        },
        resync: () => undefined,
      });
      const echoed = new Promise<void>((resolve) => {
        store.watch("a", 0, {
          events: () => void store.commit([put("echo", "1")]).then(() => resolve()),
          resync: () => undefined,
        });
      });
      const seen = recorder(store, "", 0);
      await store.commit([put("a", "1")]);
      await echoed;
      await settled();
      stop();
      expect(seen.lines).toEqual(["a=1@1", "echo=1@2"]);
    });

    promise("close finishes what was committed and refuses what comes later", async () => {
      const store = await make();
      const pending = store.commit([put("a", "1")]);
      await store.close();
      expect((await pending).ok).toBe(true);
      await expect(store.commit([put("b", "1")])).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
      await expect(store.snapshot("")).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
      expect(store.health().up).toBe(false);
      await store.close();
    });

    test("every skipped test exists", () => expect([...skipped.keys()]).toEqual([]));
  });
}
