import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Child } from "../../../envoy/lab/child.js";
import { Cleanup } from "../../../envoy/lab/cleanup.js";
import { until } from "../../../envoy/lab/until.js";

let folder: string;
let cleanup: Cleanup;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steelyard-child-"));
  cleanup = new Cleanup();
  cleanup.add("folder", () => rmSync(folder, { recursive: true, force: true }));
});
afterEach(() => cleanup.run());

function shell(script: string, graceMs = 3_000): Child {
  const child = new Child({
    name: "it",
    command: "/bin/sh",
    args: ["-c", script],
    logFile: join(folder, "log"),
    graceMs,
  });
  return cleanup.own("child", child);
}

const wrote = (child: Child, text: string): Promise<true> =>
  until(() => (readFileSync(child.logFile, "utf8").includes(text) ? true : undefined), { what: text });

describe("Child", () => {
  test("an end that nobody asked for is reported with the last lines of its log", async () => {
    const child = shell("echo one; echo two >&2; exit 3");
    const error = await new Promise<Error>((resolve) => child.onUnexpectedEnd(resolve));
    expect(error.message).toMatch(/^it exited with 3\.[\s\S]*\| one\n {2}\| two\n[\s\S]*log: /);
    expect(child.fate).toBe("exited with 3");
  });

  test("stop() is no unexpected end, and may be called twice", async () => {
    const child = shell("echo up; exec sleep 60");
    let reported = false;
    child.onUnexpectedEnd(() => {
      reported = true;
    });
    await wrote(child, "up");
    await Promise.all([child.stop(), child.stop()]);
    expect([child.fate, reported]).toEqual(["ended by SIGTERM", false]);
  });

  test("a process that ignores SIGTERM is killed", async () => {
    const child = shell("trap '' TERM; echo up; while :; do sleep 0.05; done", 100);
    await wrote(child, "up");
    await child.stop();
    expect(child.fate).toBe("ended by SIGKILL");
  });

  test("a program that is not there has a fate too", async () => {
    const spec = { name: "it", command: join(folder, "gone"), args: [], logFile: join(folder, "log") };
    const child = cleanup.own("child", new Child(spec));
    expect(await child.exited).toMatch(/^could not be started: .*ENOENT/);
    await child.stop();
  });

  test("ready() gives what it waited for", async () => {
    const child = shell("echo up; exec sleep 60");
    const look = async (): Promise<string | undefined> => (child.lastLines().includes("up") ? "yes" : undefined);
    expect(await child.ready(look, { deadlineMs: 4_000 })).toBe("yes");
  });

  test("ready() fails at once when the process ends, and stops it when it is late", async () => {
    await expect(shell("echo no; exit 1").ready(async () => undefined, { deadlineMs: 4_000 })).rejects.toThrow(
      /exited with 1[\s\S]*no/,
    );
    const late = shell("exec sleep 60");
    await expect(late.ready(async () => undefined, { deadlineMs: 50 })).rejects.toThrow("was not ready within 50 ms");
    expect(late.fate).toBe("ended by SIGTERM");
  });
});

describe("until", () => {
  test("the error names what was waited for and why the last look failed", async () => {
    const look = (): never => {
      throw new Error("status 503");
    };
    await expect(until(look, { what: "it serves", deadlineMs: 10, everyMs: 1 })).rejects.toThrow(
      "not within 10 ms: it serves: status 503",
    );
  });
});
