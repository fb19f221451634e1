// `steelyard algorithms`: the complete example of the document the project started from, for every algorithm. Needs no
// server; the same seed gives the same output.
import { type Command, InvalidArgumentError } from "commander";
import type { runAllAlgorithms } from "../../app/algorithms.js";
import { stylesFor } from "../ansi.js";
import type { CliContext } from "../context.js";
import { percent } from "../format.js";
import { integer, type OutputFormat, print, withOutput } from "../options.js";
import { renderTable } from "../table.js";

interface Flags {
  readonly requests: number;
  readonly seed: number;
  readonly backends: number;
  readonly clients: number;
  readonly keys: number;
  readonly failures: number;
  readonly bars?: boolean;
  readonly output: OutputFormat;
}

type Result = ReturnType<typeof runAllAlgorithms>[number];

const BAR_WIDTH = 40;

export function addAlgorithms(program: Command, context: CliContext): void {
  const command = program
    .command("algorithms")
    .description("send the same requests through every algorithm and show who got how many")
    .option("--requests <n>", "how many requests", integer(1, 1_000_000), 100)
    .option("--seed <n>", "decides all that is random", integer(0, 4_294_967_295), 1)
    .option("--backends <n>", "how many backends, with weights 10, 20, 30, ...", integer(1, 1_000), 3)
    .option("--clients <n>", "how many different clients", integer(1, 1_000_000), 10)
    .option("--keys <n>", "how many different route keys", integer(1, 1_000_000), 10)
    .option("--failures <ratio>", "part of the attempts that fail, 0 to 1", ratio, 0.1)
    .option("--bars", "bars instead of a table")
    .addHelpText(
      "after",
      "\nVirtual time: a request arrives every 10 ms and takes 10 to 109 ms, so that several are in flight at once. Two of" +
        "\nten requests are of high priority and two of low. retry: up to 3 attempts. failover: the heaviest third is a" +
        "\nspare priority level, and the first backend goes down half-way.",
    );
  withOutput(command).action(async ({ output, bars, failures, ...flags }: Flags) => {
    // Loaded only here: the other commands start faster without the balancers.
    const { runAllAlgorithms } = await import("../../app/algorithms.js");
    const algorithms = runAllAlgorithms({ ...flags, failureRate: failures });
    print(context, output, { algorithms }, () => (bars ? barChart(algorithms) : table(algorithms, context)));
  });
}

function table(results: readonly Result[], context: CliContext): string {
  const backends = Object.keys(results[0]?.distribution ?? {});
  const numbers = [...backends.map((id) => id.toUpperCase()), "UNSERVED", "FAILED", "ATTEMPTS"];
  return renderTable(
    [{ title: "ALGORITHM" }, ...numbers.map((title) => ({ title, align: "right" as const }))],
    results.map(({ algorithm, distribution, unserved, failed, attempts }) => [
      algorithm,
      ...backends.map((id) => String(distribution[id] ?? 0)),
      ...[unserved, failed, attempts].map(String),
    ]),
    stylesFor(context).bold,
  );
}

function barChart(results: readonly Result[]): string {
  return results
    .map(({ algorithm, distribution, unserved }) => {
      const counts = Object.entries(distribution);
      const total = counts.reduce((sum, [, count]) => sum + count, unserved);
      const rows = counts.map(([id, count]) => [
        `  ${id}`,
        String(count),
        percent(count / total),
        "█".repeat(Math.round((count / total) * BAR_WIDTH)),
      ]);
      const columns = [
        { title: algorithm },
        { title: "", align: "right" as const },
        { title: "", align: "right" as const },
      ];
      return renderTable([...columns, { title: "" }], rows);
    })
    .join("\n");
}

function ratio(text: string): number {
  const value = Number(text);
  if (/^[0-9]*\.?[0-9]+$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError("It must be a number, 0 to 1.");
}
