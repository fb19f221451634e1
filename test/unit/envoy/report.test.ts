import { describe, expect, test } from "@jest/globals";
import { painter } from "../../../envoy/demo/ansi.js";
import { liveView, mainFactor } from "../../../envoy/demo/live-view.js";
import { reportLines, reportOf } from "../../../envoy/demo/report.js";
import type { Verdict } from "../../../envoy/demo/scene.js";
import { SCENES } from "../../../envoy/demo/scenes.js";
import { RequestLog, type RequestRecord } from "../../../envoy/lab/request-log.js";

function log(): RequestLog {
  const filled = new RequestLog();
  for (let dueMs = 0; dueMs < 10_000; dueMs += 10) {
    const common = { dueMs, status: 200, backend: dueMs % 40 === 0 ? "small-1" : "large-1" };
    const both: RequestRecord[] = [
      { ...common, target: "shop", latencyMs: 20 },
      { ...common, target: "baseline", latencyMs: 50, status: dueMs % 100 === 0 ? 503 : 200 },
    ];
    filled.add(both);
  }
  return filled;
}

function report(met: boolean | undefined) {
  const judge = (): Verdict => ({ met, text: "saw and wanted", facts: { seconds: 1 } });
  const played = SCENES.slice(0, 2).map((scene) => ({ scene, span: { fromMs: 0, toMs: 10_000 } }));
  return reportOf({ seed: 1, envoyVersion: "1.40.0", log: log(), played, judge });
}

describe("the closing summary", () => {
  test("compares both sides per scene", () => {
    expect(report(true).scenes[0]).toMatchObject({
      name: "learn",
      seconds: 10,
      steelyard: { requests: 1_000, p50Ms: 20, errors: 0 },
      leastRequest: { requests: 1_000, p50Ms: 50, errorRate: 0.1 },
      p50Ratio: 0.4,
      p99Ratio: 0.4,
      verdict: "saw and wanted",
    });
  });

  test("one failed scene means not adapted; one that could not be judged does not", () => {
    expect([report(true).adapted, report(undefined).adapted, report(false).adapted]).toEqual([true, true, false]);
  });

  test("shows numbers, ratios and verdicts, and names the scenes that failed", () => {
    const good = reportLines(report(true), painter(false)).join("\n");
    for (const part of ["20 ms", "50 ms", "10.0 %", "0.40x", "✓ saw and wanted", "adapted in every scene"]) {
      expect(good).toContain(part);
    }
    const bad = reportLines(report(false), painter(false)).join("\n");
    expect(bad).toContain("✗ saw and wanted");
    expect(bad).toContain("did not adapt in: learn, steady");
    expect(reportLines(report(undefined), painter(false)).join("\n")).toContain("too short to judge");
  });
});

describe("the live view", () => {
  const members = [
    { name: "small-1", slots: 1 },
    { name: "large-1", slots: 4 },
  ];
  const endpoint = { address: "127.0.0.1", port: 1, weight: 5, share: 0.5, health: "HEALTHY", reasons: [] as string[] };
  const weights = { service: "shop", revision: 1, mode: "normal", policy: "adaptive", signalMode: "L" };

  test("measures traffic per backend on both sides", () => {
    const view = liveView({
      log: log(),
      nowMs: 9_000,
      members,
      conditions: new Map(),
      weights: undefined,
      explained: new Map(),
    });
    expect(view.rows.map(({ traffic, twinTraffic }) => [traffic, twinTraffic])).toEqual([
      [0.25, 0.25],
      [0.75, 0.75],
    ]);
    expect(view.rows[0]).toMatchObject({ weight: undefined, target: undefined, reason: "" });
    expect(view.oursTrend.at(-1)).toBe(20);
  });

  test("the server's reasons come first, then its explanation", () => {
    const endpoints = [
      { ...endpoint, instance: "small-1", health: "DRAINING", reasons: ["drained by an operator"] },
      { ...endpoint, instance: "large-1" },
    ];
    const explained = new Map([["large-1", "latency trim ×2.66"]]);
    const view = liveView({
      log: log(),
      nowMs: 9_000,
      members,
      conditions: new Map(),
      weights: { ...weights, endpoints },
      explained,
    });
    expect(view.rows.map(({ reason }) => reason)).toEqual(["draining, drained by an operator", "latency trim ×2.66"]);
  });

  test("the main factor is the one that moves the share most, up or down, but never the equal split", () => {
    const factors = [
      { name: "equal split", value: 0.01 },
      { name: "latency trim", value: 2, note: "44 ms" },
      { name: "brake", value: 0.1, note: "slow" },
    ];
    expect(mainFactor({ factors })).toBe("brake ×0.10: slow");
    expect(mainFactor({ factors: factors.slice(0, 2) })).toBe("latency trim ×2.00: 44 ms");
    expect(
      mainFactor({
        factors: [
          { name: "equal split", value: 0.1 },
          { name: "rounding", value: 1.01 },
        ],
      }),
    ).toBe("");
  });
});
