// The tables that more than one command shows.
import type { WeightsAnswer } from "../api/answers.js";
import type { Styles } from "./ansi.js";
import { milliseconds, percent, rate } from "./format.js";
import { type Cell, printable, renderTable } from "./table.js";

type Health = WeightsAnswer["endpoints"][number]["health"];

export function healthCell(health: Health, styles: Styles): Cell {
  const good = health === "HEALTHY" || health === "UNKNOWN";
  const bad = health === "UNHEALTHY" || health === "TIMEOUT";
  return { text: health, style: good ? styles.green : bad ? styles.red : styles.yellow };
}

/** A line about the service, then a line per endpoint. */
export function weightsTable(answer: WeightsAnswer, styles: Styles): string {
  const { service, policy, mode, signalMode, revision, endpoints } = answer;
  const facts = [`policy ${policy}`, `mode ${mode}`, `signals ${signalMode}`, `revision ${revision}`];
  const head = `${styles.bold(printable(service))}  ${facts.map(printable).join(" · ")}\n`;
  if (endpoints.length === 0) return `${head}no endpoints yet\n`;
  return (
    head +
    renderTable(
      [
        { title: "INSTANCE" },
        { title: "HEALTH" },
        { title: "WEIGHT", align: "right" },
        { title: "SHARE", align: "right" },
        { title: "MEASURED", align: "right" },
        { title: "RPS", align: "right" },
        { title: "LATENCY", align: "right" },
        { title: "ERRORS", align: "right" },
        { title: "WHY" },
      ],
      endpoints.map(({ instance, health, weight, share, measuredShare, load, reasons }) => [
        instance,
        healthCell(health, styles),
        String(weight),
        percent(share),
        percent(measuredShare),
        rate(load?.rps),
        milliseconds(load?.latencyMs),
        { text: percent(load?.errorRate), style: (load?.errorRate ?? 0) > 0.01 ? styles.red : styles.dim },
        { text: reasons.join("; "), style: styles.yellow },
      ]),
      styles.bold,
    )
  );
}
