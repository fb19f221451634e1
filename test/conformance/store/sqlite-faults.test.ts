// What only a store on disk can get wrong: two owners, a killed process, a damaged file, a full disk, a restart.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { systemClock } from "../../../src/runtime/clock.js";
import { type Logger, silentLogger } from "../../../src/runtime/logger.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { SqliteStore, type SqliteStoreOptions } from "../../../src/store/sqlite/sqlite-store.js";
import type { Op } from "../../../src/store/state-store.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const put = (key: string, value = key): Op => ({ type: "put", key, value: new TextEncoder().encode(value) });

let dataDir: string;
const children: ChildProcess[] = [];
const stores: SqliteStore[] = [];

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), "steelyard-store-")), "data");
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  rmSync(join(dataDir, ".."), { recursive: true, force: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
  const store = await SqliteStore.open({ dataDir, logger: silentLogger, clock: systemClock, ...options });
  stores.push(store);
  return store;
}

function startChild(mode: "hold" | "write") {
  const child = spawn(
    process.execPath,
    ["--import", join(here, "ts-loader.mjs"), join(here, "sqlite-child.ts"), mode, dataDir],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

const keysOf = async (store: SqliteStore, prefix = ""): Promise<string[]> =>
  (await store.snapshot(prefix)).entries.map((entry) => entry.key);

/** Overwrites the pages behind the first with noise: the header stays plausible. */
function damage(file: string): void {
  const content = readFileSync(file);
  content.fill(0x5a, 4_096 + 16);
  writeFileSync(file, content);
}

describe("one owner", () => {
  test("a second store of the same process is refused with ERR_STORE_LOCKED, and the first goes on", async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({ code: "ERR_STORE_LOCKED", message: expect.stringContaining(dataDir) });
    expect((await store.commit([put("a")])).ok).toBe(true);
  });

  test("a second process is refused with ERR_STORE_LOCKED", async () => {
    await open();
    const { child, lines } = startChild("hold");
    expect((await lines.next()).value).toBe("ERR_STORE_LOCKED");
    await once(child, "exit");
    expect(child.exitCode).toBe(1);
  });

  test("the folder of another process is refused until that process is killed", async () => {
    const { child, lines } = startChild("hold");
    expect((await lines.next()).value).toBe("open");
    await expect(open()).rejects.toMatchObject({ code: "ERR_STORE_LOCKED" });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await open()).health().up).toBe(true);
  });

  test("closing gives the folder free at once, and leaves one tidy file", async () => {
    const store = await open();
    await store.commit([put("a")]);
    await store.close();
    expect(readdirSync(dataDir)).toEqual(["steelyard.db"]);
    expect(await keysOf(await open())).toEqual(["a"]);
  });

  test("the folder is made for the owner alone", async () => {
    await open();
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  test("a folder that cannot be made is a clear error", async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "file"), "");
    await expect(open({ dataDir: join(dataDir, "file", "data") })).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("cannot open the data folder"),
    });
  });
});

describe("restart", () => {
  test("values and revision go on where they were", async () => {
    const first = await open();
    await first.commit([put("a", "1")]);
    await first.commit([put("b", "1")]);
    await first.commit([{ type: "delete", key: "b" }]);
    await first.close();
    const second = await open();
    expect(await second.snapshot("")).toEqual({
      rev: 3,
      entries: [{ key: "a", value: new TextEncoder().encode("1"), rev: 1 }],
    });
    expect(await second.commit([put("c")])).toEqual({ ok: true, rev: 4 });
    expect(second.recovered).toBe(false);
  });

  test("a watcher resumes across the restart", async () => {
    const first = await open();
    await first.commit([put("a", "1")]);
    await first.commit([put("a", "2"), put("b")]);
    await first.commit([{ type: "delete", key: "b" }]);
    await first.close();
    const second = await open();
    const seen: string[] = [];
    second.watch("", 1, {
      events: (batch) => seen.push(...batch.map((event) => `${event.type} ${event.key} ${event.rev}`)),
      resync: () => seen.push("resync"),
    });
    await second.commit([put("c")]);
    expect(seen).toEqual(["put a 2", "delete b 3", "put c 4"]);
  });

  test("every row that was acknowledged before kill -9 is there afterwards, and the revision covers them", async () => {
    for (let round = 0; round < 3; round++) {
      const { child, lines } = startChild("write");
      const printed: string[] = [];
      for (let count = 0; count < 500; count++) {
        const next = await lines.next();
        if (next.done === true) throw new Error(`the writer ended by itself after ${printed.join(" ")}`);
        printed.push(next.value);
      }
      child.kill("SIGKILL");
      for await (const late of { [Symbol.asyncIterator]: () => lines }) printed.push(late);
      const acknowledged = printed.flatMap((line) => (line.endsWith(".") ? [line.slice(0, -1)] : []));
      expect(acknowledged.length).toBeGreaterThanOrEqual(499); // all but "open"
      const store = await open();
      const present = new Set(await keysOf(store, "row/"));
      expect(acknowledged.filter((key) => !present.has(key))).toEqual([]);
      const { rev, entries } = await store.snapshot("");
      expect(rev).toBeGreaterThanOrEqual(Math.max(...entries.map((entry) => entry.rev)));
      await store.close();
    }
  });
});

describe("damage", () => {
  const collect = (): { readonly logger: Logger; readonly errors: string[] } => {
    const errors: string[] = [];
    return { errors, logger: { ...silentLogger, error: (_fields, event) => void errors.push(event) } };
  };

  test.each([
    ["pages that are noise", damage],
    [
      "a file that is no database",
      (file: string) => writeFileSync(file, "not a database, but long enough".repeat(500)),
    ],
    ["a file that is cut off", (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 4_096 + 100))],
  ])("%s: moved aside and kept, the store starts empty and says so", async (_name, spoil) => {
    const first = await open();
    await first.commit(Array.from({ length: 500 }, (_, index) => put(`k${index}`, "x".repeat(200))));
    await first.close();
    const file = join(dataDir, "steelyard.db");
    spoil(file);
    const spoiled = readFileSync(file);
    const { logger, errors } = collect();
    const second = await open({ logger });
    expect(second.recovered).toBe(true);
    expect(second.health()).toEqual({ up: true, detail: expect.stringContaining("recovered: true") });
    expect(errors).toHaveLength(1);
    expect(await keysOf(second)).toEqual([]);
    const kept = readdirSync(dataDir).filter((name) => /\.damaged-\d+$/.test(name));
    expect(kept).toHaveLength(1);
    const content = readFileSync(join(dataDir, kept[0] ?? ""));
    expect(content.subarray(100, 5_000).equals(spoiled.subarray(100, 5_000))).toBe(true); // the header counts openings
    await second.commit([put("new")]);
    await second.close();
    expect(await keysOf(await open())).toEqual(["new"]);
  });

  test("an empty file is a new store", async () => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, "steelyard.db"), "");
    expect((await open()).recovered).toBe(false);
  });

  test("a file of a later version is left alone", async () => {
    const first = await open();
    await first.close();
    const { default: Libsql } = await import("libsql");
    const driver = new Libsql(join(dataDir, "steelyard.db"));
    driver.exec("UPDATE meta SET value = 2 WHERE key = 'schema_version'");
    driver.close();
    await expect(open()).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("version"),
    });
    expect(readdirSync(dataDir)).toEqual(["steelyard.db"]);
  });
});

describe("a full disk", () => {
  const block = (key: string): Op => ({ type: "put", key, value: new Uint8Array(100_000) });

  test("commits fail with ERR_STORE_FULL, what was acknowledged stays, reads go on, and it recovers", async () => {
    const clock = new ManualClock();
    const store = await open({ maxFileBytes: 1_000_000, clock });
    const acknowledged: string[] = [];
    const fill = async (): Promise<never> => {
      for (let index = 0; ; index++) {
        await store.commit([block(`k${index}`)]);
        acknowledged.push(`k${index}`);
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: "ERR_STORE_FULL" });
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(store.health().up).toBe(false);
    expect((await keysOf(store)).toSorted()).toEqual(acknowledged.toSorted());
    const before = (await store.snapshot("")).rev;
    expect(before).toBe(acknowledged.length);
    expect(await store.commit([{ type: "delete", key: "k0" }])).toEqual({ ok: true, rev: before + 1 });
    expect(store.health().up).toBe(true);
    expect(clock.pendingTasks).toBe(0);
    expect((await store.commit([block("again")])).ok).toBe(true);
  });

  test("the store finds out by itself that it can write again", async () => {
    const clock = new ManualClock();
    const store = await open({ maxFileBytes: 200_000, clock });
    await expect(store.commit([block("a"), block("b"), block("c")])).rejects.toMatchObject({ code: "ERR_STORE_FULL" });
    expect(store.health().up).toBe(false);
    clock.advance(5_000);
    expect(store.health().up).toBe(true);
  });

  test("a commit that does not fit fails its whole group, and none of it is applied", async () => {
    const store = await open({ maxFileBytes: 200_000 });
    const results = await Promise.allSettled([
      store.commit([put("small")]),
      store.commit([block("a"), block("b"), block("c")]),
    ]);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    expect(await store.snapshot("")).toEqual({ rev: 0, entries: [] });
  });
});
