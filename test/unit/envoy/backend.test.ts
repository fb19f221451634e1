// The lab's backend and load against each other, without Envoy.
import { afterEach, describe, expect, test } from "@jest/globals";
import { ask } from "../../../envoy/lab/ask.js";
import { exponential, fixed, LabBackend } from "../../../envoy/lab/backend.js";
import { Cleanup } from "../../../envoy/lab/cleanup.js";
import { OpenLoopLoad } from "../../../envoy/lab/open-loop-load.js";
import type { RequestRecord } from "../../../envoy/lab/request-log.js";
import { until } from "../../../envoy/lab/until.js";
import { seededRng } from "../../../src/runtime/rng.js";

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

async function backend(slots: number, ms: number): Promise<LabBackend> {
  const made = new LabBackend({ name: "one", slots, serviceTime: fixed(ms), rng: seededRng(1) });
  cleanup.own("backend", made);
  await made.start();
  return made;
}

describe("LabBackend", () => {
  test("names itself, and serves at most `slots` at the same time", async () => {
    const one = await backend(2, 40);
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask({ port: one.port, host: "x" })));
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(115); // three rounds of two
    expect(answers.map(({ status, headers }) => [status, headers["x-backend"]])).toEqual(
      Array.from({ length: 6 }, () => [200, "one"]),
    );
    expect([one.received, one.inFlight]).toEqual([6, 0]);
  });

  test("faults are switches: slower, failing at once, hanging, and well again", async () => {
    const one = await backend(1, 5);
    one.inject({ slowdown: 10 });
    const startMs = performance.now();
    await ask({ port: one.port, host: "x" });
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(49);

    one.heal();
    one.inject({ failFraction: 1 });
    expect((await ask({ port: one.port, host: "x" })).status).toBe(503);

    one.heal();
    one.inject({ hang: true });
    await expect(ask({ port: one.port, host: "x", timeoutMs: 50 })).rejects.toThrow();

    one.heal();
    expect((await ask({ port: one.port, host: "x" })).status).toBe(200);
  });

  test("comes back on the same port", async () => {
    const one = await backend(1, 1);
    const { port } = one;
    await one.stop();
    const again = await backend(1, 1);
    await again.stop();
    const third = new LabBackend({ name: "third", slots: 1, serviceTime: fixed(1), rng: seededRng(1) });
    cleanup.own("third", third);
    await third.start(port);
    expect((await ask({ port, host: "x" })).headers["x-backend"]).toBe("third");
  });

  test("exponential service times have their mean", () => {
    const rng = seededRng(3);
    const time = exponential(20);
    const mean = Array.from({ length: 20_000 }, () => time(rng)).reduce((sum, ms) => sum + ms, 0) / 20_000;
    expect(mean).toBeGreaterThan(19);
    expect(mean).toBeLessThan(21);
  });
});

describe("OpenLoopLoad", () => {
  function loadOn(ports: readonly number[], rateRps: number): { load: OpenLoopLoad; records: RequestRecord[] } {
    const records: RequestRecord[] = [];
    const load = new OpenLoopLoad({
      targets: ports.map((port, i) => ({ name: `t${i}`, port })),
      rateRps,
      rng: seededRng(5),
      onRecord: (record) => records.push(record),
    });
    cleanup.add("load", () => load.stop(0));
    return { load, records };
  }

  test("sends every arrival to every target at the same due time", async () => {
    const [one, two] = [await backend(8, 1), await backend(8, 1)];
    const { load, records } = loadOn([one.port, two.port], 300);
    load.start();
    await until(() => (records.length >= 60 ? true : undefined), { what: "60 records" });
    await load.stop();
    const dueOf = (target: string): number[] =>
      records
        .filter((record) => record.target === target)
        .map((record) => record.dueMs)
        .sort((a, b) => a - b);
    expect(dueOf("t0")).toEqual(dueOf("t1"));
    expect(new Set(records.map((record) => `${record.status} ${record.backend}`))).toEqual(new Set(["200 one"]));
  });

  test("does not wait for answers, and counts the unfinished with their age", async () => {
    const one = await backend(1, 1);
    one.inject({ hang: true });
    const { load, records } = loadOn([one.port], 200);
    load.start();
    await until(() => (load.inFlight >= 20 ? true : undefined), { what: "20 in flight" });
    await load.stop(100);
    expect(records.length).toBeGreaterThanOrEqual(20);
    for (const record of records) {
      expect(record.status).toBe(0);
      expect(record.latencyMs).toBeGreaterThanOrEqual(99);
    }
    expect(load.inFlight).toBe(0);
  });

  test("a target that refuses connections gives errors, once per arrival", async () => {
    const one = await backend(1, 1);
    const { port } = one;
    await one.stop();
    const { load, records } = loadOn([port], 300);
    load.start();
    await until(() => (records.length >= 20 ? true : undefined), { what: "20 records" });
    await load.stop();
    expect(records.every((record) => record.status === 0 && record.backend === "")).toBe(true);
    expect(new Set(records.map((record) => record.dueMs)).size).toBe(records.length);
  });
});

describe("Cleanup", () => {
  test("closes in reverse order, all of it, and then tells what failed", async () => {
    const order: string[] = [];
    const own = new Cleanup();
    own.add("first", () => void order.push("first"));
    own.add("second", () => {
      order.push("second");
      throw new Error("stuck");
    });
    own.add("third", async () => void order.push("third"));
    await expect(own.run()).rejects.toThrow("closing second failed");
    expect(order).toEqual(["third", "second", "first"]);
    await own.run();
    expect(order).toHaveLength(3);
  });
});
