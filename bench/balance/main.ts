// `npm run bench:balance`: the closed loop on real Envoy against its rivals. Exit status 0 = all runs were made (whatever
// they found: the bars are in the result), 1 = something broke, 2 = wrong usage, 130 = Ctrl-C. What has been measured is
// written after every run, so that an end half way loses nothing.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findEnvoy } from "../../envoy/find-envoy.mjs";
import { type ContenderName, contenderOf, OPTIONAL_CONTENDER } from "./contenders.js";
import { GeneratorLate } from "./load/generator-client.js";
import { barsOf } from "./measures/bars.js";
import { environmentOf } from "./measures/environment.js";
import type { RunResult } from "./measures/result.js";
import { type BenchResult, resultMarkdown } from "./measures/result-table.js";
import { type BenchOptions, parseOptions, USAGE } from "./options.js";
import { lengthOf, type PlannedRun, planOf } from "./plan.js";
import { acceptsContender } from "./proxies/accepts-contender.js";
import { type RunOptions, run } from "./run.js";

class Interrupted extends Error {}

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | "help";
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`bench:balance: ${describe(error)}\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "steelyard-bench-"));
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => interruption.abort(new Interrupted("interrupted")));
  }
  try {
    await measure(options, folder, interruption.signal);
    if (options.keep) console.error(`all configuration, logs and records: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) {
      rmSync(folder, { recursive: true, force: true });
      return 130;
    }
    console.error(`\nbench:balance: ${describe(error)}\nAll logs: ${folder}`);
    return 1;
  }
}

async function measure(options: BenchOptions, folder: string, signal: AbortSignal): Promise<void> {
  const envoy = await findEnvoy({ onProgress: (text) => console.error(text) });
  const optional = acceptsContender(envoy.path, contenderOf(OPTIONAL_CONTENDER), folder);
  const missing = optional.accepted
    ? []
    : [`${OPTIONAL_CONTENDER}, which this Envoy does not have (${optional.reason})`];
  if (!optional.accepted && options.contenders?.includes(OPTIONAL_CONTENDER)) throw new Error(missing.join());
  const environment = environmentOf(envoy.version, missing);
  const plan = planOf(options, optional.accepted);
  console.error(`${plan.length} runs, about ${Math.ceil(lengthOf(plan) / 60)} minutes, Envoy ${envoy.version}`);

  const runs: RunResult[] = [];
  for (const [i, planned] of plan.entries()) {
    console.error(`${i + 1}/${plan.length} ${wordsFor(planned)}`);
    const { scenario, proxies, repetition } = planned;
    const result = await undisturbed({
      scenario,
      proxies,
      repetition,
      contenders: planned.contenders.map(contenderOf),
      seed: options.seed * 1_000 + i,
      envoyBinary: envoy.path,
      cpus: environment.cpus,
      folder: join(folder, `run-${i + 1}`),
      signal,
    });
    runs.push(result);
    for (const line of progressLines(result)) console.error(line);
    write({ environment, runs, bars: barsOf(runs) }, options);
    if (!options.keep) rmSync(join(folder, `run-${i + 1}`), { recursive: true, force: true });
  }
  console.log(resultMarkdown({ environment, runs, bars: barsOf(runs) }));
}

/** A machine that has no time for us now may have it a minute later. */
const ATTEMPTS = 3;

async function undisturbed(options: RunOptions): Promise<RunResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run({ ...options, folder: join(options.folder, `attempt-${attempt}`) });
    } catch (error) {
      if (!(error instanceof GeneratorLate) || attempt === ATTEMPTS) throw error;
      console.error(`    again: ${error.message}`);
    }
  }
}

function write(result: BenchResult, { jsonFile, markdownFile }: BenchOptions): void {
  for (const file of [jsonFile, markdownFile]) if (file !== undefined) mkdirSync(dirname(file), { recursive: true });
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(result, shortNumbers, 1)}\n`);
  if (markdownFile !== undefined) writeFileSync(markdownFile, `${resultMarkdown(result)}\n`);
}

/** Six digits are more than any of this is worth. */
function shortNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" && Number.isFinite(value) ? Number(value.toPrecision(6)) : value;
}

function wordsFor({ scenario, contenders, proxies, repetition }: PlannedRun): string {
  const names: readonly ContenderName[] = contenders;
  return `${scenario.name} (${scenario.title}), P=${proxies}, repetition ${repetition}: ${names.join(", ")}`;
}

/** A look while it goes on. */
function progressLines({ contenders, cpu, warnings }: RunResult): readonly string[] {
  const lines = contenders.map(({ name, windows }) => {
    const cells = windows.map(
      (window) => `${window.name} ${window.p99Ms.toFixed(0)} ms ${(window.errorRate * 100).toFixed(2)} %`,
    );
    return `    ${name.padEnd(16)} p99, errors: ${cells.join(" | ")}`;
  });
  const used = cpu.processes.map(({ process, cores }) => `${process} ${cores.toFixed(2)}`).join(", ");
  return [...lines, `    cores: ${used}`, ...warnings.map((text) => `    warning: ${text}`)];
}

/** A message with its causes. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${describe(error.cause)}`;
}

process.exitCode = await main(process.argv.slice(2));
