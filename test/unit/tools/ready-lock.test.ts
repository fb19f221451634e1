// The lock of tools/ready.mjs, with real processes: they exclude each other, and a dead owner's lock is taken over.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";

const LOCK_MODULE = pathToFileURL(join(process.cwd(), "tools/ready/lock.mjs")).href;

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-lock-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A process that runs `body` under the lock; resolves with its exit status. */
function contender(body: string): Promise<number | null> {
  const program = `
    import { appendFileSync } from "node:fs";
    import { setTimeout as sleep } from "node:timers/promises";
    import { withLock } from ${JSON.stringify(LOCK_MODULE)};
    const say = (text) => appendFileSync(${JSON.stringify(join(folder, "trace"))}, text + "\\n");
    await withLock(${JSON.stringify(join(folder, "lock"))}, {}, async () => { ${body} });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "inherit" });
  children.push(child);
  return new Promise((resolve) => child.once("exit", resolve));
}

test("of several processes one works at a time", async () => {
  const body = `say("in"); await sleep(30); say("out");`;
  const results = await Promise.all(Array.from({ length: 4 }, () => contender(body)));
  expect(results).toEqual([0, 0, 0, 0]);
  const trace = readFileSync(join(folder, "trace"), "utf8").trim().split("\n");
  expect(trace).toEqual(["in", "out", "in", "out", "in", "out", "in", "out"]);
  expect(existsSync(join(folder, "lock"))).toBe(false);
});

test("a task that throws gives the lock back", async () => {
  const body = `process.once("uncaughtException", () => process.exit(7)); throw new Error("as planned");`;
  expect(await contender(body)).toBe(7);
  expect(existsSync(join(folder, "lock"))).toBe(false);
});

test("the lock of a process that was killed is taken over, by one of all who wait", async () => {
  const dead = spawn(process.execPath, ["--eval", ""]);
  await new Promise((resolve) => dead.once("exit", resolve));
  mkdirSync(join(folder, "lock"));
  writeFileSync(join(folder, "lock", "pid"), String(dead.pid));
  await Promise.all([
    contender(`say("in"); await sleep(30); say("out");`),
    contender(`say("in"); await sleep(30); say("out");`),
  ]);
  expect(readFileSync(join(folder, "trace"), "utf8")).toBe("in\nout\nin\nout\n");
});

test("a lock whose owner died before it wrote its pid is taken over after a while", async () => {
  mkdirSync(join(folder, "lock"));
  const past = Date.now() / 1000 - 60;
  utimesSync(join(folder, "lock"), past, past);
  expect(await contender(`say("in")`)).toBe(0);
});
