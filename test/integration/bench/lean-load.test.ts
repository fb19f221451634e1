// Generator and backends on real sockets, without an Envoy in between: what one counts, the other counts too.
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Job, LeanBackend } from "../../../bench/balance/backends/lean-backend.js";
import { OrcaLoad } from "../../../bench/balance/backends/orca-load.js";
import { DeadlineHeap } from "../../../bench/balance/deadline-heap.js";
import { ConnectionPool } from "../../../bench/balance/load/connection-pool.js";
import { LeanLoad } from "../../../bench/balance/load/lean-load.js";
import { RequestRecords } from "../../../bench/balance/load/request-records.js";
import { NO_BACKEND } from "../../../bench/balance/load/response-head.js";
import { machineNowMs } from "../../../bench/balance/machine-time.js";
import { ask } from "../../../envoy/lab/ask.js";
import { until } from "../../../envoy/lab/until.js";
import { seededRng } from "../../../src/runtime/rng.js";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function backend(
  options: { readonly orca?: boolean; readonly serviceMeanMs?: number } = {},
): Promise<LeanBackend> {
  const jobs = new DeadlineHeap<Job>();
  const finishDue = (): void => {
    const nowMs = machineNowMs();
    for (let job = jobs.popDue(nowMs); job !== undefined; job = jobs.popDue(nowMs)) job.backend.finish(job);
  };
  const made = new LeanBackend({
    index: 7,
    slots: 2,
    serviceMeanMs: options.serviceMeanMs ?? 0.1,
    rng: seededRng(1),
    nowMs: machineNowMs,
    jobs,
    onWake: finishDue,
    arrivalStepMs: 250,
    ...(options.orca === true ? { orca: new OrcaLoad({ slots: 2, tauMs: 1_000, nowMs: machineNowMs() }) } : {}),
  });
  await made.open();
  const timer = setInterval(finishDue, 1);
  closing.push(
    () => made.close(),
    () => clearInterval(timer),
  );
  return made;
}

describe("lean load on lean backends", () => {
  async function load(port: number): Promise<RequestRecords> {
    const records = new RequestRecords();
    const pool = new ConnectionPool(port, () => sender.wake());
    closing.push(() => pool.close());
    const sender: LeanLoad = new LeanLoad({
      streams: [0, 1].map((stream) => ({
        request: "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        segments: [{ fromMs: 0, rateRps: 500 }],
        rng: seededRng(stream),
      })),
      pools: [pool],
      records,
      nowMs: machineNowMs,
      onTooLate: () => undefined,
    });
    const startMs = machineNowMs();
    sender.begin(startMs, 200);
    const over = (): true | undefined => (machineNowMs() > startMs + 200 && sender.inFlight === 0 ? true : undefined);
    await until(over, { what: "the load is over", everyMs: 10 });
    return records;
  }

  const all = (records: RequestRecords) => Array.from({ length: records.length }, (_, i) => records.at(i));

  test("every request is answered once, by whom it reached", async () => {
    const one = await backend();
    one.arrivals.begin(0);
    const records = await load(one.port);
    const found = all(records);
    expect(found.length).toBeGreaterThan(100);
    expect(found.every(({ status, backend: index }) => status === 200 && index === 7)).toBe(true);
    expect(new Set(found.map(({ contender }) => contender))).toEqual(new Set([0, 1]));
    expect(one.arrivals.counts.reduce((sum, count) => sum + count, 0)).toBe(found.length);
  });

  test("a failing backend answers at once, and a closed one leaves requests unanswered", async () => {
    const one = await backend({ serviceMeanMs: 60_000 });
    one.inject({ failFraction: 1 });
    expect(all(await load(one.port)).every(({ status }) => status === 503)).toBe(true);
    await one.close();
    const unanswered = all(await load(one.port));
    expect(unanswered.length).toBeGreaterThan(0);
    expect(unanswered.every(({ status, backend: index }) => status === 0 && index === NO_BACKEND)).toBe(true);
  });

  test("it comes back on the port that it had", async () => {
    const one = await backend();
    const { port } = one;
    await one.close();
    await one.open();
    expect(one.port).toBe(port);
    expect((await ask({ port, host: "x" })).status).toBe(200);
  });

  test("a hanging backend counts what it gets and answers nothing; healed it answers", async () => {
    const one = await backend();
    one.arrivals.begin(0);
    one.inject({ hang: true });
    await expect(ask({ port: one.port, host: "x", timeoutMs: 50 })).rejects.toThrow("aborted");
    expect(one.arrivals.counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    one.heal();
    expect((await ask({ port: one.port, host: "x" })).status).toBe(200);
  });

  test("load reports are in the answers of whom they were asked of", async () => {
    const { headers } = await ask({ port: (await backend({ orca: true })).port, host: "x" });
    expect(headers["endpoint-load-metrics"]).toMatch(
      /^TEXT application_utilization=[\d.]+,rps_fractional=[\d.]+,eps=0/,
    );
    const plain = await ask({ port: (await backend()).port, host: "x" });
    expect(plain.headers).not.toHaveProperty("endpoint-load-metrics");
  });
});
