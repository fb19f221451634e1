// The tables that more than one command shows.
import type { WeightsAnswer } from "../api/answers.js";
import type { Styles } from "./ansi.js";
import { milliseconds, percent, rate } from "./format.js";
import { type Cell, printable, renderTable } from "./table.js";

type Freeze = NonNullable<WeightsAnswer["freeze"]>;
type Health = WeightsAnswer["endpoints"][number]["health"];

/** Why nothing moves, and until when. */
export function freezeText({ reason, frozenAt, expiresAt }: Freeze): string {
  const until = expiresAt === undefined ? "" : ` until ${printable(expiresAt)}`;
  return `frozen by an operator since ${printable(frozenAt)}${until}${reason === "" ? "" : `: ${printable(reason)}`}`;
}

export function healthCell(health: Health, styles: Styles): Cell {
  const good = health === "HEALTHY" || health === "UNKNOWN";
  const bad = health === "UNHEALTHY" || health === "TIMEOUT";
  return { text: health, style: good ? styles.green : bad ? styles.red : styles.yellow };
}

/** A line about the service, then a line per endpoint. */
export function weightsTable(answer: WeightsAnswer, styles: Styles): string {
  const { service, policy, mode, signalMode, revision, endpoints } = answer;
  const facts = [`policy ${policy}`, `mode ${mode}`, `signals ${signalMode}`, `revision ${revision}`];
  const title = `${styles.bold(printable(service))}  ${facts.map(printable).join(" · ")}\n`;
  const head = answer.freeze === undefined ? title : `${title}${styles.yellow(freezeText(answer.freeze))}\n`;
  const isShadowed = endpoints.some(({ shadowShare }) => shadowShare !== undefined);
  const isUtilized = endpoints.some(({ load }) => load?.utilization !== undefined);
  if (endpoints.length === 0) return `${head}no endpoints yet\n`;
  return (
    head +
    renderTable(
      [
        { title: "INSTANCE" },
        { title: "HEALTH" },
        { title: "WEIGHT", align: "right" },
        { title: "SHARE", align: "right" },
        ...(isShadowed ? [{ title: "SHADOW", align: "right" } as const] : []),
        { title: "MEASURED", align: "right" },
        ...(isUtilized ? [{ title: "UTILISATION", align: "right" } as const] : []),
        { title: "RPS", align: "right" },
        { title: "LATENCY", align: "right" },
        { title: "ERRORS", align: "right" },
        { title: "WHY" },
      ],
      endpoints.map(({ instance, health, weight, share, shadowShare, measuredShare, load, reasons }) => [
        instance,
        healthCell(health, styles),
        String(weight),
        percent(share),
        ...(isShadowed ? [percent(shadowShare)] : []),
        percent(measuredShare),
        ...(isUtilized ? [percent(load?.utilization)] : []),
        rate(load?.rps),
        milliseconds(load?.latencyMs),
        { text: percent(load?.errorRate), style: (load?.errorRate ?? 0) > 0.01 ? styles.red : styles.dim },
        { text: reasons.join("; "), style: styles.yellow },
      ]),
      styles.bold,
    )
  );
}
