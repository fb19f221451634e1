// `steelyard explain SERVICE/INSTANCE`: the weight as a chain of reasons, from the fair share down to the number that
// Envoy was told.
import type { Command } from "commander";
import type { ExplanationAnswer, LoadAnswer } from "../../api/answers.js";
import { type Styles, stylesFor } from "../ansi.js";
import { ApiClient } from "../api-client.js";
import type { CliContext } from "../context.js";
import { age, factor, milliseconds, percent, rate } from "../format.js";
import { type InstanceRef, type OutputFormat, parseInstanceRef, print, withOutput, withServer } from "../options.js";
import { printable, renderTable } from "../table.js";
import { freezeText } from "../tables.js";

const SIGNALS = { U: "utilisation", L: "latency", Q: "queue length", N: "none" } as const;
const SOURCES = {
  envoy: "measured by Envoy",
  "access-log": "sampled by Envoy's access log",
  little: "estimated from requests in flight (Little's law)",
  none: "not known",
} as const;

export function addExplain(program: Command, context: CliContext): void {
  withServer(withOutput(program.command("explain").description("show why an instance has its weight")), context)
    .argument("<service/instance>", "the instance", parseInstanceRef)
    .action(async ({ service, id }: InstanceRef, { server, output }: { server: string; output: OutputFormat }) => {
      const path = `/v1/services/${service}/instances/${encodeURIComponent(id)}/explanation`;
      const answer = await new ApiClient(server, context).send<ExplanationAnswer>(path);
      print(context, output, answer, () => explanationText(answer, stylesFor(context), context.wallMs()));
    });
}

function explanationText(answer: ExplanationAnswer, styles: Styles, wallMs: number): string {
  return [
    headSection(answer, styles),
    factorSection(answer, styles),
    reasonSection(answer, styles),
    loadSection(answer.load, styles),
    historySection(answer, styles, wallMs),
  ]
    .filter((section) => section !== "")
    .join("\n");
}

function headSection(answer: ExplanationAnswer, styles: Styles): string {
  const { service, instance, weight, share, fairShare, measuredShare, health, policy, mode, signalMode } = answer;
  const shares = `share ${percent(share)} (fair ${percent(fairShare)}, measured ${percent(measuredShare)})`;
  const name = styles.bold(printable(`${service}/${instance}`));
  return [
    `${name}  weight ${weight} · ${shares} · ${health}`,
    `policy ${printable(policy)} · mode ${mode} · signals ${SIGNALS[signalMode]}`,
    ...(answer.freeze === undefined ? [] : [styles.yellow(freezeText(answer.freeze))]),
    ...(answer.shadowShare === undefined
      ? []
      : [`the loop would send weight ${answer.shadowWeight ?? "-"}, share ${percent(answer.shadowShare)}`]),
    "",
  ].join("\n");
}

/** Each line multiplies the share so far, the last line is what comes out. */
function factorSection({ factors, share, weight, enforcement }: ExplanationAnswer, styles: Styles): string {
  if (factors.length === 0) return `It takes no traffic, so it has no share.\n`;
  let product = 1;
  const rows = factors.map(({ name, value, note = "" }) => {
    product *= value;
    const notable = Math.abs(value - 1) > 1e-9;
    const shown = `× ${factor(value)}`;
    return [
      notable ? name : { text: name, style: styles.dim },
      notable ? shown : { text: shown, style: styles.dim },
      percent(product),
      note,
    ];
  });
  const table = renderTable(
    [
      { title: "FACTOR" },
      { title: "VALUE", align: "right" },
      { title: "SHARE SO FAR", align: "right" },
      { title: "BECAUSE" },
    ],
    [...rows, [{ text: "share", style: styles.bold }, "", { text: percent(share), style: styles.bold }, ""]],
    styles.bold,
  );
  return `${table}weight ${weight} by ${printable(enforcement)}\n`;
}

function reasonSection({ reasons }: ExplanationAnswer, styles: Styles): string {
  if (reasons.length === 0) return `${styles.bold("Why")}  nothing holds it away from its fair share\n`;
  return `${styles.bold("Why")}\n${reasons.map((reason) => `  ${printable(reason)}\n`).join("")}`;
}

function loadSection(load: LoadAnswer | undefined, styles: Styles): string {
  if (!load) return `${styles.bold("Load")}  no report yet\n`;
  const rows = [
    ["requests", `${rate(load.rps)} per second, ${rate(load.inFlight)} in flight`],
    ["latency", `${milliseconds(load.latencyMs)}, ${SOURCES[load.latencySource]}, ${load.latencyCount} samples`],
    ...(load.sampled === undefined ? [] : [["sampled", sampledText(load.sampled)] as const]),
    ...(load.utilization === undefined ? [] : [["utilised", utilizationText(load)] as const]),
    ["errors", `${percent(load.errorRate)} of what was completed`],
    ["evidence", `reported ${age(load.ageMs)} ago, confidence ${percent(load.confidence)}`],
  ] as const;
  return `${styles.bold("Load in the last round")}\n${rows.map(([name, text]) => `  ${name.padEnd(10)}${text}\n`).join("")}`;
}

function sampledText({ attempts, unanswered, p50Ms, p90Ms, p99Ms }: NonNullable<LoadAnswer["sampled"]>): string {
  const percentiles = [p50Ms, p90Ms, p99Ms].map((ms) => milliseconds(ms)).join(" / ");
  return `p50 / p90 / p99 ${percentiles} of ${attempts} attempts, ${unanswered} without an answer`;
}

function utilizationText({ utilization, utilizationSource, utilizationAgeMs = 0 }: LoadAnswer): string {
  const source = utilizationSource === "heartbeat" ? "its heartbeat" : "its answers";
  return `${percent(utilization)} by ${source} of ${age(utilizationAgeMs)} ago`;
}

function historySection({ history }: ExplanationAnswer, styles: Styles, wallMs: number): string {
  if (history.length === 0) return "";
  const table = renderTable(
    [
      { title: "AGO", align: "right" },
      { title: "REVISION", align: "right" },
      { title: "WEIGHT", align: "right" },
      { title: "SHARE", align: "right" },
      { title: "BECAUSE" },
    ],
    history.map(({ atWallMs, revision, weight, share, reasons }) => [
      age(wallMs - atWallMs),
      String(revision),
      String(weight),
      percent(share),
      reasons.join("; "),
    ]),
  );
  return `${styles.bold("Last changes")}\n${table}`;
}
