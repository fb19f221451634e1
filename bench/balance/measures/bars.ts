// What the adaptive policy has to reach, as numbers: what a prototype measured plus about twice the noise of a repeat.
// Ratios are taken inside a run, between contenders that had the same machine at the same time; then the median of runs.
import { median, orNever } from "./median.js";
import type { RunResult, WindowResult } from "./result.js";

export interface Bar {
  readonly name: string;
  /** What was measured, the median of all runs; null = never (infinite). A ratio, or in the unit that `name` tells. */
  readonly ratio: number | null;
  readonly limit: number;
  /** ratio <= limit */
  readonly met: boolean;
}

interface BarDefinition {
  readonly name: string;
  readonly scenario: string;
  readonly proxies: number;
  readonly limit: number;
  /** undefined when the run cannot tell. */
  readonly measure: (run: RunResult) => number | undefined;
}

const OURS = "adaptive";
const PAIR = "least-request";
const ORACLE = "oracle";

/** p99 of two equal contenders in one run differs by up to this. */
const PAIRED_NOISE = 1.06;
const S1_PUSH_WINDOW_S = 40;

export function barsOf(runs: readonly RunResult[]): readonly Bar[] {
  return [1, 4].flatMap(definitions).flatMap(({ name, scenario, proxies, limit, measure }) => {
    const own = runs.filter((run) => run.scenario === scenario && run.proxies === proxies);
    const values = own.flatMap((run) => measure(run) ?? []);
    if (values.length === 0) return [];
    const ratio = median(values);
    return [
      { name: `${name}, P=${proxies}`, ratio: Number.isFinite(ratio) ? ratio : null, limit, met: ratio <= limit },
    ];
  });
}

function definitions(proxies: number): readonly BarDefinition[] {
  const one = proxies === 1;
  const chained = (name: string, limit: number, measure: BarDefinition["measure"]): BarDefinition => ({
    name,
    scenario: "H",
    proxies,
    limit,
    measure,
  });
  return [
    ...[
      { rho: 0.7, toPair: one ? 0.58 : 0.4 },
      { rho: 0.85, toPair: one ? 0.4 : 0.33 },
    ].flatMap(({ rho, toPair }): BarDefinition[] => {
      const scenario = `S2 rho ${rho}`;
      return [
        { name: `${scenario}: p99 / ${PAIR}`, scenario, proxies, limit: toPair, measure: p99Over(PAIR, "S2") },
        { name: `${scenario}: p99 / ${ORACLE}`, scenario, proxies, limit: 1.1, measure: p99Over(ORACLE, "S2") },
        {
          name: `${scenario}: seconds from a cold start to within 20 % of the oracle`,
          scenario,
          proxies,
          limit: 12,
          measure: (run) => orNever(run.contenders.find(({ name }) => name === OURS)?.settleSeconds),
        },
      ];
    }),
    chained(`S1: p99 / ${PAIR}`, PAIRED_NOISE, p99Over(PAIR, "S1")),
    chained("S1: pushes per 40 s", 5, ours("S1", pushesPerWindow)),
    chained(`S3: p99 / ${PAIR}`, one ? 0.27 : 0.15, p99Over(PAIR, "S3")),
    chained(
      "S3: seconds to below 20 % of a fair share",
      4,
      ours("S3", ({ fault }) => orNever(fault?.shedSeconds)),
    ),
    chained(
      "S3: seconds back to 80 %",
      15,
      ours("S3", ({ fault }) => orNever(fault?.backSeconds)),
    ),
    chained(
      "S4: errors, %",
      0.7,
      ours("S4", ({ errorRate }) => errorRate * 100),
    ),
    chained(
      "S4: errors after 5 s, %",
      0.2,
      ours("S4", ({ fault }) => (fault?.lateErrorRate ?? Number.NaN) * 100),
    ),
    chained(
      "S4: seconds back to 80 %",
      20,
      ours("S4", ({ fault }) => orNever(fault?.backSeconds)),
    ),
    chained(
      "S4b: errors, %",
      0.25,
      ours("S4b", ({ errorRate }) => errorRate * 100),
    ),
    chained(`S4b: p99 / ${ORACLE}`, 1.1, p99Over(ORACLE, "S4b")),
    chained(
      "S4b: seconds back to 80 %",
      60,
      ours("S4b", ({ fault }) => orNever(fault?.backSeconds)),
    ),
    ...NO_WORSE.flatMap((scenario): BarDefinition[] => [
      { name: `${scenario}: p99 / ${PAIR}`, scenario, proxies, limit: PAIRED_NOISE, measure: p99Over(PAIR, scenario) },
      {
        name: `${scenario}: errors beyond those of ${PAIR}, percentage points`,
        scenario,
        proxies,
        limit: 0.05,
        measure: (run) => difference(run, scenario),
      },
    ]),
  ];
}

const NO_WORSE = ["S3b", "S3c", "S7", "S11", "S12", "restart", "lost-reports", "false-reports"] as const;

function windowOf(run: RunResult, contender: string, window: string): WindowResult | undefined {
  return run.contenders.find(({ name }) => name === contender)?.windows.find(({ name }) => name === window);
}

function ours(window: string, measure: (found: WindowResult) => number | undefined): BarDefinition["measure"] {
  return (run) => {
    const found = windowOf(run, OURS, window);
    return found === undefined ? undefined : measure(found);
  };
}

function p99Over(other: string, window: string): BarDefinition["measure"] {
  return (run) => {
    const [mine, theirs] = [windowOf(run, OURS, window), windowOf(run, other, window)];
    return mine === undefined || theirs === undefined ? undefined : mine.p99Ms / theirs.p99Ms;
  };
}

function difference(run: RunResult, window: string): number | undefined {
  const [mine, theirs] = [windowOf(run, OURS, window), windowOf(run, PAIR, window)];
  return mine === undefined || theirs === undefined ? undefined : (mine.errorRate - theirs.errorRate) * 100;
}

function pushesPerWindow({ pushes, fromS, toS }: WindowResult): number | undefined {
  return pushes === undefined ? undefined : (pushes * S1_PUSH_WINDOW_S) / (toS - fromS);
}
