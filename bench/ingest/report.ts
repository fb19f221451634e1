// The figures as a page.
import type { TickFigures } from "./control-tick.js";
import type { IngestFigures } from "./signals.js";

export interface IngestResult {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly rounds: number;
  readonly ingest: IngestFigures;
  readonly tick: TickFigures;
  /** `ratio` 1 is exactly the limit; more misses it. */
  readonly bars: readonly { readonly name: string; readonly ratio: number; readonly met: boolean }[];
}

const whole = (value: number): string => Math.round(value).toLocaleString("en");

export function reportText({ node, cpu, cores, rounds, ingest, tick, bars }: IngestResult): string {
  const rows = [
    ["samples decoded, validated and summed up, per second and core", whole(ingest.samplesPerCpuSecond)],
    ["bytes per sample on the wire", whole(ingest.bytesPerSample)],
    ["live heap per (proxy, endpoint) held between rounds, bytes", whole(ingest.heapBytesPerSample)],
    [`one tick of ${whole(tick.endpoints)} endpoints, CPU`, `${tick.medianCpuMs.toFixed(1)} ms`],
    [`one tick of ${whole(tick.endpoints)} endpoints, wall clock`, `${tick.medianWallMs.toFixed(1)} ms`],
    ["live memory per endpoint: signals, control, plan, bytes", whole(tick.heapBytesPerEndpoint)],
    ["of which signals: what is kept of one proxy's report, and the round, bytes", whole(tick.signalBytesPerEndpoint)],
    ["checkpoint per endpoint, bytes of JSON", whole(tick.checkpointBytesPerEndpoint)],
  ];
  return [
    "# Cost of load reports and of a control tick",
    "",
    "`npm run bench:ingest -- --json bench/results/ingest.json --markdown bench/results/ingest.md`",
    "",
    `Node ${node}, ${cpu}, ${cores} cores; medians of ${rounds} rounds. 1,000 proxies with 100 to 150 endpoints each, one report a`,
    "second, with latency and utilisation. CPU time counts garbage collection and its threads. The tick runs the default policy",
    "with all modifiers, guards and explanations.",
    "",
    "| | |",
    "|---|---:|",
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    "",
    "| Bar | of the limit | met |",
    "|---|---:|---|",
    ...bars.map(({ name, ratio, met }) => `| ${name} | ${ratio.toFixed(2)} | ${met ? "yes" : "**no**"} |`),
    "",
  ].join("\n");
}
