// The result as tables for people.
import { type GrowthCurve, type Metric, medianOf, type PushResult, ratioOf, type WorkloadResult } from "./result.js";

const MIB = 2 ** 20;
const fixed = (value: number, digits = 1): string => value.toFixed(digits);

interface Column {
  readonly title: string;
  readonly metric: Metric;
  readonly show: (value: number) => string;
  /** Also as a ratio to gcp-linear. */
  readonly compared?: boolean;
}

const PUSH: readonly Column[] = [
  { title: "CPU µs per push and stream", metric: "cpuUs", show: fixed, compared: true },
  { title: "median stream ms", metric: "p50Ms", show: fixed },
  { title: "last stream ms", metric: "lastMs", show: fixed, compared: true },
  { title: "RSS peak MB", metric: "rssPeakBytes", show: (bytes) => fixed(bytes / MIB, 0), compared: true },
  { title: "growth MB", metric: "rssGrowthBytes", show: (bytes) => fixed(bytes / MIB) },
  { title: "swarm's core", metric: "swarmBusy", show: (share) => `${fixed(share * 100, 0)} %` },
];

const CONNECT: readonly Column[] = [
  { title: "CPU ms", metric: "connectCpuMs", show: (ms) => fixed(ms, 0), compared: true },
  { title: "all served ms", metric: "connectServedMs", show: (ms) => fixed(ms, 0), compared: true },
  { title: "RSS peak MB", metric: "rssPeakBytes", show: (bytes) => fixed(bytes / MIB, 0), compared: true },
  { title: "KB per idle stream", metric: "idleBytesPerStream", show: (bytes) => fixed(bytes / 1024), compared: true },
];

export function markdownOf(result: PushResult): string {
  const { environment, quick, contenders, workloads, growth, bars } = result;
  return [
    "# `npm run bench:push`",
    "",
    `${quick ? "Quick run, so trust no ratio below 1.3. " : ""}Medians; in brackets the ratio to gcp-linear, which is the median over rounds of runs.`,
    "",
    Object.entries(environment)
      .map(([name, value]) => `${name}: ${value}`)
      .join(" · "),
    "",
    "| contender | what it is |",
    "|---|---|",
    ...contenders.map(({ name, what }) => `| ${name} | ${what} |`),
    ...workloads.flatMap((workload) => ["", `## ${workload.name}: ${workload.what}`, "", ...table(workload)]),
    ...growth.flatMap(curve),
    "",
    "## Bars",
    "",
    "| bar | measured | limit | met |",
    "|---|---|---|---|",
    ...bars.map(
      ({ name, ratio, limit, met }) => `| ${name} | ${fixed(ratio, 2)} | ${limit} | ${met ? "yes" : "**no**"} |`,
    ),
    "",
  ].join("\n");
}

function table(workload: WorkloadResult): readonly string[] {
  const pushed = Object.values(workload.runs).some((runs) => runs.some(({ cpuUs }) => cpuUs > 0));
  const columns = pushed ? PUSH : CONNECT;
  return [
    `| contender | ${columns.map(({ title }) => title).join(" | ")} |`,
    `|---|${columns.map(() => "---|").join("")}`,
    ...Object.keys(workload.runs).map((contender) => {
      const cells = columns.map(({ metric, show, compared }) => {
        const ratio = compared ? ratioOf(workload, metric, contender, "gcp-linear") : undefined;
        return `${show(medianOf(workload, contender, metric) ?? 0)}${ratio === undefined ? "" : ` (${fixed(ratio, 2)})`}`;
      });
      return `| ${contender} | ${cells.join(" | ")} |`;
    }),
  ];
}

function curve({ by, points, cpuExponent, rssExponent }: GrowthCurve): readonly string[] {
  return [
    "",
    `## Growth with ${by}`,
    "",
    `CPU per push and stream grows with exponent ${fixed(cpuExponent, 2)}, the peak of memory with ${fixed(rssExponent, 2)}.`,
    "",
    `| ${by} | CPU µs per push and stream | RSS peak MB |`,
    "|---|---|---|",
    ...points.map(({ size, cpuUs, rssPeakBytes }) => `| ${size} | ${fixed(cpuUs)} | ${fixed(rssPeakBytes / MIB, 0)} |`),
  ];
}
