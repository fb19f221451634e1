import { describe, expect, test } from "@jest/globals";
import type { LoadSample } from "../../../../src/model/load.js";
import { seededRng } from "../../../../src/runtime/rng.js";
import type { ServiceReport } from "../../../../src/signals/service-rounds.js";
import { instanceIdOf } from "../../../../src/simulator/control-plane/catalogue.js";
import { EventQueue } from "../../../../src/simulator/engine/event-queue.js";
import { VirtualClock } from "../../../../src/simulator/engine/virtual-clock.js";
import { createPicker } from "../../../../src/simulator/envoy/create-picker.js";
import { LoadReporter } from "../../../../src/simulator/envoy/load-reporter.js";
import { Proxies } from "../../../../src/simulator/envoy/proxies.js";
import { PLAIN_TELEMETRY } from "../../../../src/simulator/scenario.js";
import type { TelemetrySpec } from "../../../../src/simulator/simulation-plan.js";

function rig(spec: Partial<TelemetrySpec> = {}) {
  const queue = new EventQueue();
  const clock = new VirtualClock(queue);
  const proxies = new Proxies({
    proxies: 1,
    workers: 1,
    hosts: 3,
    createPicker: (_, active, rng) => createPicker({ policy: "random" }, active, rng),
    rngOf: () => seededRng(1),
    subsets: undefined,
  });
  const reports: ServiceReport[] = [];
  new LoadReporter({
    clock,
    proxies,
    proxy: 0,
    workers: 1,
    spec: { ...PLAIN_TELEMETRY, ...spec },
    rng: seededRng(3),
    deliver: (report) => reports.push(report),
  }).start();
  const runUntil = (endMs: number): void => {
    clock.schedule(endMs - clock.nowMs(), () => undefined);
    while (queue.timeMs < endMs && queue.pop()) clock.fire(queue.payload);
  };
  return { proxies, reports, runUntil };
}

const sumOf = (reports: readonly ServiceReport[], host: number, of: (sample: LoadSample) => number): number =>
  reports.reduce((sum, { samples }) => {
    const sample = samples.get(instanceIdOf(host));
    return sum + (sample === undefined ? 0 : of(sample));
  }, 0);

describe("LoadReporter", () => {
  test("what the reports add up to is what happened", () => {
    const { proxies, reports, runUntil } = rig();
    const rng = seededRng(5);
    const truth = { issued: 0, successes: 0, errors: 0, latencyMs: 0 };
    for (let second = 1; second <= 20; second++) {
      for (let i = 0; i < 10; i++) {
        proxies.sent(1);
        truth.issued += 1;
        if (rng.next() < 0.3) {
          proxies.answered(1, 503, 1);
          truth.errors += 1;
        } else {
          proxies.answered(1, 200, 12.5);
          truth.successes += 1;
          truth.latencyMs += 12.5;
        }
      }
      runUntil(second * 1_000);
    }
    runUntil(22_000);
    expect(sumOf(reports, 1, ({ issued }) => issued)).toBe(truth.issued);
    expect(sumOf(reports, 1, ({ successes }) => successes)).toBe(truth.successes);
    expect(sumOf(reports, 1, ({ errors }) => errors)).toBe(truth.errors);
    expect(sumOf(reports, 1, ({ latency }) => latency.sumMs)).toBeCloseTo(truth.latencyMs, 6);
    expect(reports.reduce((sum, { intervalMs }) => sum + intervalMs, 0)).toBeGreaterThan(20_000);
  });

  test("gauges are of the moment and outlast the interval; idle hosts are left out", () => {
    const { proxies, reports, runUntil } = rig();
    proxies.sent(2);
    runUntil(5_000);
    const last = reports.at(-1)?.samples;
    expect([...(last?.keys() ?? [])]).toEqual([instanceIdOf(2)]);
    expect(last?.get(instanceIdOf(2))).toMatchObject({ inFlight: 1, issued: 0, successes: 0, errors: 0 });
  });

  test("as the decoder of load reports has it: a 429 is an error, a refusal one that was not issued", () => {
    const { proxies, reports, runUntil } = rig();
    proxies.sent(0);
    proxies.answered(0, 429, 1);
    proxies.sent(1);
    proxies.notConnected(1);
    proxies.sent(2);
    proxies.timedOut(2);
    runUntil(2_000);
    const samples = reports.find((report) => report.samples.size > 0)?.samples;
    expect(samples?.get(instanceIdOf(0))).toMatchObject({ successes: 0, errors: 1, issued: 1, latency: { count: 0 } });
    expect(samples?.get(instanceIdOf(1))).toMatchObject({ successes: 0, errors: 1, issued: 0, inFlight: 0 });
    expect(samples?.get(instanceIdOf(2))).toMatchObject({ errors: 1, issued: 1, failedLatency: { count: 0 } });
  });

  test("losses, duplicates, delay and lies", () => {
    const lost = rig({ lossProbability: 1 });
    lost.runUntil(5_000);
    expect(lost.reports).toEqual([]);
    const doubled = rig({ duplicateProbability: 1 });
    doubled.runUntil(5_000);
    expect(doubled.reports.length).toBe(10);
    const late = rig({ delayMs: 3_000 });
    late.runUntil(5_000);
    expect(late.reports.length).toBe(2);
    const lying = rig({ liar: { proxy: 0, hosts: [1], latencyFactor: 10, errorFraction: 0.5 } });
    for (let i = 0; i < 4; i++) {
      lying.proxies.sent(1);
      lying.proxies.answered(1, 200, 20);
    }
    lying.runUntil(2_000);
    const told = lying.reports.find((report) => report.samples.size > 0)?.samples.get(instanceIdOf(1));
    expect(told).toMatchObject({ successes: 2, errors: 2, latency: { count: 4, sumMs: 800 } });
  });

  test("without latency in the reports there is none", () => {
    const { proxies, reports, runUntil } = rig({ latency: "counters" });
    proxies.sent(0);
    proxies.answered(0, 200, 20);
    runUntil(2_000);
    const sample = reports.find((report) => report.samples.size > 0)?.samples.get(instanceIdOf(0));
    expect(sample).toMatchObject({ successes: 1, latency: { count: 0, sumMs: 0 } });
  });
});
