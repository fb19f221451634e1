import { describe, expect, test } from "@jest/globals";
import { barsOf } from "../../../../bench/balance/measures/bars.js";
import type { ContenderResult, RunResult, WindowResult } from "../../../../bench/balance/measures/result.js";
import { resultMarkdown } from "../../../../bench/balance/measures/result-table.js";

function windowOf(name: string, p99Ms: number, more: Partial<WindowResult> = {}): WindowResult {
  const quantiles = { meanMs: 1, p50Ms: 1, p95Ms: 1, p99Ms, p999Ms: 1 };
  return { name, fromS: 25, toS: 65, requests: 100, ...quantiles, errorRate: 0, shares: [0.25, 0.75], ...more };
}

function runOf(scenario: string, proxies: number, contenders: readonly ContenderResult[]): RunResult {
  return {
    scenario,
    proxies,
    repetition: 1,
    rateRps: 735,
    slots: [1, 2],
    contenders,
    cpu: { processes: [{ process: "Envoy", cores: 0.2, usPerRequest: 80 }], usedFraction: 0.2, othersFraction: 0.3 },
    generatorLag: { meanMs: 0.4, maxMs: 3 },
    warnings: ["others used 30 % of the CPUs"],
  };
}

const unequal = (leastRequest: number, oracle: number, adaptive: number, settleSeconds: number | null): RunResult =>
  runOf("S2 rho 0.7", 1, [
    { name: "least-request", windows: [windowOf("S2", leastRequest)] },
    { name: "oracle", windows: [windowOf("S2", oracle)] },
    { name: "adaptive", windows: [windowOf("S2", adaptive)], settleSeconds },
  ]);

describe("barsOf", () => {
  test("ratios are taken inside a run; the median of the runs decides", () => {
    // Ratios to least-request 0.5, 0.6 and 0.55: no quotient of medians.
    const bars = barsOf([unequal(200, 100, 100, 3), unequal(300, 100, 180, null), unequal(100, 50, 55, 5)]);
    expect(bars).toEqual([
      { name: "S2 rho 0.7: p99 / least-request, P=1", ratio: 0.55, limit: 0.58, met: true },
      { name: "S2 rho 0.7: p99 / oracle, P=1", ratio: 1.1, limit: 1.1, met: true },
      {
        name: "S2 rho 0.7: seconds from a cold start to within 20 % of the oracle, P=1",
        ratio: 5,
        limit: 12,
        met: true,
      },
    ]);
  });

  test("never is a bar that was missed", () => {
    const fault = {
      host: 0,
      lateP99Ms: 1,
      lateErrorRate: 0.001,
      lateShareOfFair: 0,
      shedSeconds: 2,
      backSeconds: null,
    };
    const windows = [windowOf("S3", 20, { fault })];
    const bars = barsOf([runOf("H", 4, [{ name: "adaptive", windows }])]);
    expect(bars).toEqual([
      { name: "S3: seconds to below 20 % of a fair share, P=4", ratio: 2, limit: 4, met: true },
      { name: "S3: seconds back to 80 %, P=4", ratio: null, limit: 15, met: false },
    ]);
  });

  test("pushes are per 40 s, errors in percent", () => {
    const fault = { host: 0, lateP99Ms: 1, lateErrorRate: 0.001, lateShareOfFair: 0, shedSeconds: 1, backSeconds: 9 };
    const windows = [windowOf("S1", 20, { toS: 45, pushes: 3 }), windowOf("S4", 20, { errorRate: 0.008, fault })];
    const bars = barsOf([runOf("H", 1, [{ name: "adaptive", windows }])]);
    expect(bars.map(({ ratio, met }) => [ratio, met])).toEqual([
      [6, false],
      [0.8, false],
      [0.1, true],
      [9, true],
    ]);
  });

  test("what was not measured has no bar", () => {
    expect(barsOf([])).toEqual([]);
  });
});

describe("resultMarkdown", () => {
  const runs = [unequal(200, 100, 100, 3)];
  const environment = { envoy: "1.40.0", node: "20", platform: "x", cpu: "y", cpus: 2, memoryGiB: 4, missing: ["z"] };
  const text = resultMarkdown({ environment, runs, bars: barsOf(runs) });

  test("shows each contender with its ratios and the share of each size", () => {
    expect(text).toContain("## S2 rho 0.7, 1 Envoy, 735 requests/s each");
    expect(text).toContain("| adaptive | 1 | 1.0 | 1.0 | 100 | 1.0 | 0.50 | 1 | 0 | 25 | 75 |");
  });

  test("says which bars were met, what was not measured, what the bench cost, and warns", () => {
    expect(text).toContain("| S2 rho 0.7: p99 / least-request, P=1 | 0.50 | <= 0.58 | yes |");
    expect(text).toContain("Not measured: z.");
    expect(text).toContain("| Envoy | 0.20 | 0.20 | 80 |");
    expect(text).toContain("- S2 rho 0.7, P=1, repetition 1: others used 30 % of the CPUs");
  });
});
