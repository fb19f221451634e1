// `npm run bench:loop [-- --json FILE --markdown FILE --seeds N]`: what the adaptive loop has to reach in the simulator, over
// several seeds and up to a hundred proxies; the conditions that no two-core machine can offer to real Envoys. A few minutes.
import { writeFileSync } from "node:fs";
import {
  type PolicyResult,
  SCENARIOS,
  type Scenario,
  type ScenarioParameters,
  simulate,
} from "../../src/simulator/index.js";

interface Bar {
  readonly name: string;
  readonly ratio: number;
  readonly limit: number;
  readonly met: boolean;
}

const PROXIES = [1, 20, 100] as const;

function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

const seeds = Number(option("seeds") ?? 5);
const bars: Bar[] = [];

function bar(name: string, ratio: number, limit: number): void {
  const met = ratio <= limit;
  bars.push({ name, ratio, limit, met });
  console.log(`${met ? "ok  " : "MISS"}  ${name.padEnd(72)} ${ratio.toFixed(3).padStart(8)}  (<= ${limit})`);
}

/** p99 of the first over the second; infinite when nothing was measured. */
function p99Ratio({ p99Ms = Number.POSITIVE_INFINITY }: PolicyResult, { p99Ms: reference = 0 }: PolicyResult): number {
  return p99Ms / reference;
}

interface Three {
  readonly adaptive: PolicyResult;
  readonly leastRequest: PolicyResult;
  readonly oracle: PolicyResult;
}

function compare(scenario: string | Scenario, parameters: Partial<ScenarioParameters>, seedCount = seeds): Three {
  const policies = ["adaptive", "least-request", "oracle"];
  const [adaptive, leastRequest, oracle] = simulate({ scenario, policies, seeds: seedCount, parameters }).results;
  if (!adaptive || !leastRequest || !oracle) throw new Error("three policies, three results");
  return { adaptive, leastRequest, oracle };
}

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return found;
}

for (const proxies of PROXIES) {
  for (const load of [0.7, 0.85]) {
    const { adaptive, leastRequest, oracle } = compare("S2", { proxies, load });
    bar(`S2, load ${load}, P=${proxies}: p99 / static oracle`, p99Ratio(adaptive, oracle), 1.05);
    const better = proxies === 1 ? undefined : proxies === 20 ? 5 : 10;
    if (better !== undefined)
      bar(`S2, load ${load}, P=${proxies}: p99 / LEAST_REQUEST`, p99Ratio(adaptive, leastRequest), 1 / better);
  }
  const same = compare("S1", { proxies, seconds: 120 });
  bar(`S1, P=${proxies}: p99 / LEAST_REQUEST`, p99Ratio(same.adaptive, same.leastRequest), 1.02);
  bar(`S1, P=${proxies}: pushes per minute`, same.adaptive.pushesPerMinute, 2);
  for (const name of ["S5", "S5b", "S5c", "S6"]) {
    const { adaptive, leastRequest } = compare(name, { proxies }, Math.min(3, seeds));
    bar(`${name}, P=${proxies}: p99 / LEAST_REQUEST (no resonance)`, p99Ratio(adaptive, leastRequest), 1.2);
  }
}

for (const name of ["S4e", "S4f"]) {
  const { adaptive, leastRequest } = compare(name, {});
  bar(
    `${name}: scatter of shares / LEAST_REQUEST's (nobody is singled out)`,
    adaptive.shareDeviation / leastRequest.shareDeviation,
    1.1,
  );
}

const faultFree = compare("S2", {});
for (const name of SCENARIOS.map((scenario) => scenario.name).filter((known) => known.startsWith("S13"))) {
  const { adaptive } = compare(name, {});
  bar(`${name}: p99 / fault-free`, p99Ratio(adaptive, faultFree.adaptive), 1.1);
}

const chained = compare("chained", {}, Math.min(3, seeds)).adaptive.changes.filter(
  ({ backSeconds }) => backSeconds !== undefined,
);
bar(
  "chained faults, 20 minutes: seconds until 80 % of the share is back, worst",
  Math.max(...chained.map(({ backSeconds = 0 }) => backSeconds)),
  30,
);

const rested = { warmupSeconds: 120, seconds: 120 };
for (const proxies of PROXIES) {
  for (const load of [0.7, 0.9]) {
    const { adaptive, oracle } = compare("S2", { proxies, load, ...rested }, Math.min(3, seeds));
    // Arrivals are random, so that shares of fixed weights scatter too: what the loop adds to that.
    const added = Math.sqrt(Math.max(0, adaptive.shareDeviation ** 2 - oracle.shareDeviation ** 2));
    bar(`at rest, load ${load}, P=${proxies}: sd of ln(share) that the loop adds`, added, 0.03);
    const delayed = late(scenarioOf("S2"), 5_000);
    const { adaptive: slow, oracle: bound } = compare(delayed, { proxies, load, ...rested }, Math.min(3, seeds));
    bar(`loop delay 6 s, load ${load}, P=${proxies}: p99 / static oracle`, p99Ratio(slow, bound), 1.2);
  }
}

/** The scenario with reports that arrive late by `delayMs`, on top of their interval. */
function late(scenario: Scenario, delayMs: number): Scenario {
  return {
    ...scenario,
    plan: (parameters) => {
      const plan = scenario.plan(parameters);
      return { ...plan, telemetry: { ...plan.telemetry, delayMs } };
    },
  };
}

const missed = bars.filter(({ met }) => !met).length;
console.log(`${bars.length - missed} of ${bars.length} bars met`);
const jsonFile = option("json");
if (jsonFile !== undefined)
  writeFileSync(jsonFile, `${JSON.stringify({ node: process.version, seeds, bars }, null, 2)}\n`);
const markdownFile = option("markdown");
if (markdownFile !== undefined) {
  const rows = bars.map(
    ({ name, ratio, limit, met }) => `| ${name} | ${ratio.toFixed(3)} | ${limit} | ${met ? "yes" : "**no**"} |`,
  );
  const head = ["# The adaptive loop in the simulator", "", `\`npm run bench:loop -- --seeds ${seeds}\``, ""];
  writeFileSync(
    markdownFile,
    `${[...head, "| | measured | bar, <= | met |", "|---|---|---|---|", ...rows].join("\n")}\n`,
  );
}
