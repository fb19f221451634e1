// `steelyard simulate`: what a policy would do to a fleet, computed here, without a server.
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { SteelyardError } from "../../model/errors.js";
import type { PolicyResult, Scenario, ScenarioParameters, Simulated } from "../../simulator/index.js";
import type { CliContext } from "../context.js";
import { milliseconds, rate } from "../format.js";
import { integer } from "../options.js";
import { renderTable } from "../table.js";

interface Flags extends Partial<ScenarioParameters> {
  readonly policy: string;
  readonly compare?: readonly string[];
  readonly seeds: number;
  readonly firstSeed: number;
  readonly settings?: string;
  readonly policySettings?: string;
  readonly series?: boolean;
  readonly output: "table" | "json" | "svg";
}

export function addSimulate(program: Command, context: CliContext): void {
  program
    .command("simulate")
    .description("simulate a fleet under one or several policies; without a scenario, list them")
    .argument("[scenario]", "name of the scenario, such as S2")
    .option("--policy <name>", "policy to simulate", "adaptive")
    .option("--compare <names>", "several policies, separated by commas, under the same arrivals", names)
    .option("--seeds <n>", "runs per policy, each with its own arrivals; latencies are pooled", integer(1, 1_000), 1)
    .option("--first-seed <n>", "seed of the first run", integer(0, 2_147_483_647), 1)
    .option("--proxies <n>", "number of Envoys", integer(1, 10_000))
    .option("--load <ratio>", "offered load over capacity", number(0.001, 10))
    .option("--seconds <n>", "length of the measured window", integer(5, 86_400))
    .option("--warmup-seconds <n>", "time before it", integer(0, 86_400))
    .option("--hosts <n>", "number of hosts", integer(2, 4_096))
    .option("--settings <json|file>", "constants of modifiers and guards, as under `control` of the configuration")
    .option("--policy-settings <json|file>", 'settings by policy, such as {"adaptive": {"tauMs": 3000}}')
    .option("--series", "with JSON: the course of the first run, second by second")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json", "svg"]).default("table"))
    .action(async (name: string | undefined, flags: Flags) => {
      const simulator = await import("../../simulator/index.js");
      if (name === undefined) {
        context.stdout.write(listOf(simulator.SCENARIOS, flags.output));
        return;
      }
      const controlSettings = await jsonOf(flags.settings);
      const policySettings = policySettingsOf(await jsonOf(flags.policySettings));
      const { proxies, load, seconds, warmupSeconds, hosts } = flags;
      const given = Object.entries({ proxies, load, seconds, warmupSeconds, hosts });
      const simulated = understood(() =>
        simulator.simulate({
          scenario: name,
          policies: flags.compare ?? [flags.policy],
          seeds: flags.seeds,
          firstSeed: flags.firstSeed,
          parameters: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
          controlSettings,
          policySettings,
        }),
      );
      context.stdout.write(
        flags.output === "svg"
          ? simulator.renderChart(simulated)
          : flags.output === "json"
            ? `${toJson(flags.series ? simulated : withoutSeries(simulated))}\n`
            : tableOf(simulated),
      );
    });
}

/** Nothing can fail here but what the caller asked for. */
function understood<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof SteelyardError)) throw cause;
    throw new SteelyardError("ERR_CONFIG_INVALID", cause.message, { errors: cause.errors, cause });
  }
}

function listOf(scenarios: readonly Scenario[], output: Flags["output"]): string {
  const entries = scenarios.map(({ name, title, expectation, defaults }) => ({ name, title, expectation, defaults }));
  if (output === "json") return `${toJson({ scenarios: entries })}\n`;
  return renderTable(
    [{ title: "SCENARIO" }, { title: "WHAT HAPPENS" }, { title: "WHAT IS GOOD" }],
    entries.map(({ name, title, expectation }) => [name, title, expectation]),
  );
}

/** What never happened, or could not be measured, is null rather than left out. */
function toJson(data: unknown): string {
  return JSON.stringify(data, (_key, value: unknown) => value ?? null, 2);
}

function withoutSeries({ results, ...rest }: Simulated): unknown {
  return { ...rest, results: results.map(({ series: _series, ...result }) => result) };
}

function tableOf({ scenario, title, parameters, seeds, results }: Simulated): string {
  const { hosts, proxies, load, seconds } = parameters;
  const head = `${scenario}: ${title}; ${hosts} hosts, ${proxies} proxies, load ${load}, ${seconds} s measured, ${seeds.length} run${seeds.length > 1 ? "s" : ""}\n\n`;
  const right = (text: string) => ({ title: text, align: "right" as const });
  const figures = renderTable(
    [
      { title: "POLICY" },
      ...["P50", "P99", "P99.9", "ERRORS", "GOODPUT/S", "PUSHES/MIN", "SETTLES", "MAX/MEAN UTIL"].map(right),
    ],
    results.map((result) => [
      result.policy,
      milliseconds(result.p50Ms),
      milliseconds(result.p99Ms),
      milliseconds(result.p999Ms),
      `${(100 * result.errorRate).toFixed(3)} %`,
      rate(result.goodputRps),
      rate(result.pushesPerMinute),
      secondsOf(result.settleSeconds),
      result.utilisationRatio.toFixed(2),
    ]),
  );
  return `${head}${figures}${windowsOf(results)}`;
}

function windowsOf(results: readonly PolicyResult[]): string {
  const rows = results.flatMap(({ policy, windows, changes }) => [
    ...windows
      .slice(1)
      .map(({ name, p99Ms, p999Ms, errorRate }) => [
        policy,
        name,
        milliseconds(p99Ms),
        milliseconds(p999Ms),
        `${(100 * errorRate).toFixed(3)} %`,
        "",
      ]),
    ...changes.map(({ name, settleSeconds, shedSeconds, backSeconds }) => [
      policy,
      name,
      "",
      "",
      "",
      [
        `settles ${secondsOf(settleSeconds)}`,
        ...(shedSeconds === undefined ? [] : [`sheds ${secondsOf(shedSeconds)}`]),
        ...(backSeconds === undefined ? [] : [`back ${secondsOf(backSeconds)}`]),
      ].join(", "),
    ]),
  ]);
  const columns = ["POLICY", "WINDOW OR CHANGE", "P99", "P99.9", "ERRORS", "AFTER"].map((title) => ({ title }));
  return rows.length === 0 ? "" : `\n${renderTable(columns, rows)}`;
}

function secondsOf(value: number | undefined): string {
  return value === undefined ? "-" : `${value.toFixed(1)} s`;
}

function names(text: string): readonly string[] {
  return text.split(",").map((name) => name.trim());
}

function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a number, ${min} to ${max}.`);
  };
}

const policySettingsSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

function policySettingsOf(given: unknown): z.output<typeof policySettingsSchema> {
  const parsed = policySettingsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new SteelyardError("ERR_CONFIG_INVALID", "--policy-settings is an object of settings by name of the policy");
}

/** JSON itself, or the name of a file with it. */
async function jsonOf(given: string | undefined): Promise<unknown> {
  if (given === undefined) return {};
  const text = given.trimStart().startsWith("{") ? given : await contentOf(given);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `not JSON: ${given.slice(0, 80)}`, { cause });
  }
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new SteelyardError("ERR_CONFIG_INVALID", `cannot read ${file}`, { cause });
  }
}
