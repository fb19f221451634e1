// docs/metrics.md, rendered from the catalogue so that it cannot fall behind the code.
import { METRICS } from "./catalogue.js";

/** Markdown of the whole page. */
export function renderMetricsReference(): string {
  const rows = METRICS.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${metric.name}\` | ${metric.kind} | ${labels} | ${metric.stability} | ${metric.help} |`;
  });
  return [
    "# Metrics",
    "",
    "<!-- Generated from src/telemetry/catalogue.ts by `npm run docs`. -->",
    "",
    "`GET /metrics` on the diagnostics address answers in the Prometheus text format. Besides the metrics below it carries",
    "those of the process (`process_*`, `nodejs_*`).",
    "",
    "Stability: `stable` metrics change only with a major version, `alpha` ones with any release.",
    "",
    "| name | kind | labels | stability | meaning |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
