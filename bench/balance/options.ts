// The command line of `npm run bench:balance`.
import { parseArgs } from "node:util";
import { CONTENDER_NAMES, type ContenderName, isContenderName, MAX_BATCH } from "./contenders.js";
import { SCENARIO_NAMES, type ScenarioName } from "./scenarios.js";

export interface BenchOptions {
  readonly quick: boolean;
  readonly scenarios: readonly ScenarioName[];
  /** Numbers of Envoys. */
  readonly proxies: readonly number[];
  readonly repetitions: number;
  /** Who competes, instead of the usual batches; least-request is added. */
  readonly contenders: readonly ContenderName[] | undefined;
  readonly seed: number;
  readonly jsonFile: string | undefined;
  readonly markdownFile: string | undefined;
  /** Configuration, logs and records are left behind, and their place is told. */
  readonly keep: boolean;
}

export const USAGE = `usage: npm run bench:balance -- [options]
  --quick            S2, S3 and S4 with one Envoy, once, in short windows: a look in about 3 minutes
  --scenarios a,b    only these: ${SCENARIO_NAMES.join(", ")}
  --proxies a,b      numbers of Envoys, 1 to 8 (default 1,4)
  --repetitions N    of everything, 1 to 100 (default 3)
  --contenders a,b   only these, at most ${MAX_BATCH - 1} beside least-request: ${CONTENDER_NAMES.join(", ")}
  --seed N           of arrivals and service times (default 1)
  --json FILE        write the result as JSON
  --markdown FILE    write the tables as Markdown (they are printed in any case)
  --keep             leave configuration, logs and records behind`;

const QUICK_SCENARIOS: readonly ScenarioName[] = ["S2", "S3", "S4"];

/** @throws Error that says which option is wrong */
export function parseOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      scenarios: { type: "string" },
      proxies: { type: "string" },
      repetitions: { type: "string" },
      contenders: { type: "string" },
      seed: { type: "string", default: "1" },
      json: { type: "string" },
      markdown: { type: "string" },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { quick, keep } = values;
  return {
    quick,
    scenarios:
      values.scenarios === undefined ? (quick ? QUICK_SCENARIOS : SCENARIO_NAMES) : scenarios(values.scenarios),
    proxies: (values.proxies ?? (quick ? "1" : "1,4")).split(",").map((text) => whole("--proxies", text, 1, 8)),
    repetitions: whole("--repetitions", values.repetitions ?? (quick ? "1" : "3"), 1, 100),
    contenders: values.contenders === undefined ? undefined : contenders(values.contenders),
    seed: whole("--seed", values.seed, 0, 1_000_000),
    jsonFile: values.json,
    markdownFile: values.markdown,
    keep,
  };
}

function scenarios(text: string): readonly ScenarioName[] {
  const asked = words(text);
  const unknown = asked.filter((word) => !SCENARIO_NAMES.some((name) => name === word));
  if (unknown.length > 0) {
    throw new Error(`--scenarios: no ${unknown.join(", ")}; there are: ${SCENARIO_NAMES.join(", ")}`);
  }
  return SCENARIO_NAMES.filter((name) => asked.includes(name));
}

function contenders(text: string): readonly ContenderName[] {
  const asked = words(text);
  const unknown = asked.filter((word) => !isContenderName(word));
  if (unknown.length > 0) {
    throw new Error(`--contenders: no ${unknown.join(", ")}; there are: ${CONTENDER_NAMES.join(", ")}`);
  }
  const found = CONTENDER_NAMES.filter((name) => name === "least-request" || asked.includes(name));
  if (found.length > MAX_BATCH) throw new Error(`--contenders: at most ${MAX_BATCH - 1} beside least-request`);
  return found;
}

function words(text: string): readonly string[] {
  return text.split(",").map((word) => word.trim());
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${flag} must be whole numbers from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
