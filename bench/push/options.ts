// The command line of `npm run bench:push`.
import { parseArgs } from "node:util";
import { WORKLOADS } from "./workloads.js";

export interface PushBenchOptions {
  readonly quick: boolean;
  /** Names; every one there is by default. */
  readonly workloads: readonly string[];
  /** Only these; `steelyard` is added. */
  readonly contenders: readonly string[] | undefined;
  readonly runs: number;
  readonly growth: boolean;
  readonly jsonFile: string | undefined;
  readonly markdownFile: string | undefined;
}

const NAMES = WORKLOADS.map(({ name }) => name);
const QUICK = ["W1-1000", "W1-3000", "W2-5000", "W3", "W4", "W5", "idle"];

export const USAGE = `usage: npm run bench:push -- [options]
  --quick            three contenders, few pushes, once: a look in 5 minutes
  --workloads a,b    only these: ${NAMES.join(", ")}; or none
  --contenders a,b   only these, beside steelyard
  --runs N           interleaved runs of everything, 1 to 50 (default 3)
  --no-growth        no growth curves
  --json FILE        write the result as JSON
  --markdown FILE    write the tables as Markdown (they are printed in any case)`;

/** @throws Error that says which option is wrong */
export function parseOptions(args: readonly string[]): PushBenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      workloads: { type: "string" },
      contenders: { type: "string" },
      runs: { type: "string" },
      "no-growth": { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const asked = values.workloads === "none" ? [] : values.workloads?.split(",");
  const workloads = asked ?? (values.quick ? QUICK : NAMES);
  const unknown = workloads.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`--workloads: no ${unknown.join(", ")}; there are: ${NAMES.join(", ")}`);
  const runs = Number(values.runs ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(runs) || runs < 1 || runs > 50) throw new Error("--runs: a whole number from 1 to 50");
  return {
    quick: values.quick,
    workloads,
    contenders: values.contenders?.split(","),
    runs,
    growth: !values["no-growth"],
    jsonFile: values.json,
    markdownFile: values.markdown,
  };
}
