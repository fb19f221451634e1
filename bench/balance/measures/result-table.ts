// The result for people: Markdown with one table per scenario, window and number of Envoys, medians over the repetitions.
// Absolute numbers and ratios are both medians of runs, so a ratio need not be the quotient of two cells.
import type { Bar } from "./bars.js";
import type { Environment } from "./environment.js";
import { median, orNever } from "./median.js";
import type { ContenderResult, RunResult, WindowResult } from "./result.js";

export interface BenchResult {
  readonly environment: Environment;
  readonly runs: readonly RunResult[];
  readonly bars: readonly Bar[];
}

export function resultMarkdown({ environment, runs, bars }: BenchResult): string {
  const cells = [...new Set(runs.map(({ scenario, proxies }) => `${scenario}\n${proxies}`))];
  const sections = cells.flatMap((cell) => {
    const own = runs.filter(({ scenario, proxies }) => `${scenario}\n${proxies}` === cell);
    return windowNames(own).map((window) => section(own, window));
  });
  return [environmentLines(environment), barTable(bars), ...sections, cpuTable(runs), warningLines(runs)]
    .filter((part) => part !== "")
    .join("\n\n");
}

function environmentLines({ envoy, node, platform, cpu, cpus, memoryGiB, missing }: Environment): string {
  return [
    `Envoy ${envoy}, Node ${node}, ${platform}, ${cpus} CPUs (${cpu}), ${memoryGiB} GiB.`,
    ...missing.map((text) => `Not measured: ${text}.`),
  ].join(" ");
}

function barTable(bars: readonly Bar[]): string {
  if (bars.length === 0) return "";
  const rows = bars.map(({ name, ratio, limit, met }) => [
    name,
    ratio === null ? "never" : number(ratio),
    `<= ${limit}`,
    met ? "yes" : "**no**",
  ]);
  return `## Bars\n\n${table(["adaptive", "measured", "bar", "met"], rows)}`;
}

function windowNames(runs: readonly RunResult[]): readonly string[] {
  return [...new Set(runs.flatMap((run) => run.contenders.flatMap(({ windows }) => windows.map(({ name }) => name))))];
}

/** What one contender did in one window of one run, with the whole run beside it. */
interface Entry {
  readonly run: RunResult;
  readonly contender: ContenderResult;
  readonly window: WindowResult;
}

interface Column {
  readonly head: string;
  readonly value: (entry: Entry) => number | undefined;
  readonly show: (value: number) => string;
}

function section(runs: readonly RunResult[], windowName: string): string {
  const entries = runs.flatMap((run) =>
    run.contenders.flatMap((contender) => {
      const window = contender.windows.find(({ name }) => name === windowName);
      return window === undefined ? [] : [{ run, contender, window }];
    }),
  );
  const [first] = entries;
  if (first === undefined) return "";
  const { scenario, proxies, rateRps, slots } = first.run;
  const names = [...new Set(entries.map(({ contender }) => contender.name))];
  const columns = COLUMNS(slots).filter(({ value }) => entries.some((entry) => value(entry) !== undefined));
  const rows = names.map((name) => {
    const own = entries.filter(({ contender }) => contender.name === name);
    return [name, String(own.length), ...columns.map((column) => cell(own, column))];
  });
  const title = scenario.startsWith(windowName) ? scenario : `${scenario}: ${windowName}`;
  const head = `## ${title}, ${proxies === 1 ? "1 Envoy" : `${proxies} Envoys`}, ${rateRps} requests/s each`;
  return `${head}\n\n${table(["contender", "runs", ...columns.map((column) => column.head)], rows)}`;
}

function cell(entries: readonly Entry[], { value, show }: Column): string {
  const values = entries.flatMap((entry) => value(entry) ?? []);
  if (values.length === 0) return "";
  const middle = median(values);
  return middle === Number.POSITIVE_INFINITY ? "never" : show(middle);
}

const COLUMNS = (slots: readonly number[]): readonly Column[] => [
  { head: "p50", value: ({ window }) => window.p50Ms, show: ms },
  { head: "p95", value: ({ window }) => window.p95Ms, show: ms },
  { head: "p99", value: ({ window }) => window.p99Ms, show: ms },
  { head: "p99.9", value: ({ window }) => window.p999Ms, show: ms },
  { head: "p99 / least-request", value: (entry) => p99Over(entry, "least-request"), show: number },
  { head: "p99 / oracle", value: (entry) => p99Over(entry, "oracle"), show: number },
  { head: "errors %", value: ({ window }) => window.errorRate * 100, show: number },
  { head: "late p99", value: ({ window }) => window.fault?.lateP99Ms, show: ms },
  { head: "late errors %", value: ({ window }) => scaled(window.fault?.lateErrorRate, 100), show: number },
  { head: "late share of fair %", value: ({ window }) => scaled(window.fault?.lateShareOfFair, 100), show: number },
  { head: "shed s", value: ({ window }) => orNever(window.fault?.shedSeconds), show: number },
  { head: "back s", value: ({ window }) => orNever(window.fault?.backSeconds), show: number },
  { head: "settled s", value: ({ contender, window }) => settled(contender, window), show: number },
  { head: "pushes", value: ({ window }) => window.pushes, show: number },
  ...classesOf(slots).map((size) => ({
    head: `share of ${size}x %`,
    value: ({ window, run }: Entry) => scaled(classShare(window, run.slots, size), 100),
    show: number,
  })),
];

function p99Over({ run, window }: Entry, other: string): number | undefined {
  const found = run.contenders.find(({ name }) => name === other)?.windows.find(({ name }) => name === window.name);
  return found === undefined ? undefined : window.p99Ms / found.p99Ms;
}

/** Belongs to the cold start, which the first window shows. */
function settled({ settleSeconds }: ContenderResult, { name }: WindowResult): number | undefined {
  return name === "start" ? orNever(settleSeconds) : undefined;
}

/** None when all hosts are alike. */
function classesOf(slots: readonly number[]): readonly number[] {
  const sizes = [...new Set(slots)];
  return sizes.length > 1 ? sizes : [];
}

function classShare({ shares }: WindowResult, slots: readonly number[], size: number): number {
  return shares.reduce((sum, share, host) => (slots[host] === size ? sum + share : sum), 0);
}

function cpuTable(runs: readonly RunResult[]): string {
  const names = [...new Set(runs.flatMap(({ cpu }) => cpu.processes.map(({ process }) => process)))];
  const rows = names.map((name) => {
    const own = runs.flatMap(({ cpu }) => cpu.processes.filter(({ process }) => process === name));
    const cores = own.map((use) => use.cores);
    const perRequest = own.map((use) => use.usPerRequest);
    return [name, number(median(cores)), number(Math.max(...cores)), number(median(perRequest))];
  });
  const used = runs.map(({ cpu }) => cpu.usedFraction);
  const total = `All processes together: ${percent(median(used))} of the CPUs, at most ${percent(Math.max(...used))}.`;
  const head = ["process", "cores, median", "cores, most", "us of CPU per request, median"];
  return `## CPU of the bench itself\n\n${total}\n\n${table(head, rows)}`;
}

function warningLines(runs: readonly RunResult[]): string {
  const lines = runs.flatMap(({ scenario, proxies, repetition, warnings }) =>
    warnings.map((text) => `- ${scenario}, P=${proxies}, repetition ${repetition}: ${text}`),
  );
  return lines.length === 0 ? "" : `## Warnings\n\n${lines.join("\n")}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (words: readonly string[]): string => `| ${words.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function ms(value: number): string {
  return value.toFixed(value < 10 ? 1 : 0);
}

/** Two digits that tell something. */
function number(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(0)} %`;
}
