// The course of a simulation as a picture: who got the traffic under each policy, and what the slowest requests took.
import type { HostGroup, PolicyResult, Simulated } from "../simulate.js";
import { type Line, type Panel, renderPanel, svgDocument, text } from "./line-panel.js";

/** One per group of hosts, or per policy. Told apart with all common kinds of colour vision (Okabe and Ito). */
const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];
const WIDTH = 900;
const LEFT = 64;
const RIGHT = 150;
const TOP = 70;
const PANEL_HEIGHT = 170;
const GAP = 58;

/** An SVG document. */
export function renderChart({ scenario, title, parameters, groups, results }: Simulated): string {
  const panels = [
    ...results.map((result) => sharesPanel(result, groups)),
    p99Panel(results),
    errorsPanel(results),
  ].filter((panel) => panel !== undefined);
  const { hosts, proxies, load } = parameters;
  const height = TOP + panels.length * (PANEL_HEIGHT + GAP);
  return svgDocument(WIDTH, height, [
    text(LEFT, 26, `${scenario}: ${title}`, 'font-size="16" font-weight="600"'),
    text(LEFT, 44, `${hosts} hosts, ${proxies} proxies, load ${load}; seconds along the bottom`, 'fill="#6e7781"'),
    ...panels.map((panel, i) =>
      renderPanel(panel, {
        x: LEFT,
        y: TOP + 14 + i * (PANEL_HEIGHT + GAP),
        width: WIDTH - LEFT - RIGHT,
        height: PANEL_HEIGHT,
      }),
    ),
  ]);
}

function frameOf({ series, changes }: PolicyResult): Pick<Panel, "fromS" | "toS" | "marks"> {
  return {
    fromS: 0,
    toS: series.length,
    marks: changes.filter(({ atS }) => atS > 0).map(({ atS, name }) => ({ atS, label: name })),
  };
}

function sharesPanel(result: PolicyResult, groups: readonly HostGroup[]): Panel {
  return {
    title: `${result.policy}: share of the traffic by host`,
    ...frameOf(result),
    lines: groups.flatMap(({ label, hosts }, i) =>
      hosts.map((host, k): Line => {
        const values = result.series.map(({ shares }) => shares[host]);
        return { label: k === 0 ? label : undefined, color: colorOf(i), values };
      }),
    ),
    scale: "linear",
    format: (value) => `${(100 * value).toFixed(1)} %`,
  };
}

function p99Panel(results: readonly PolicyResult[]): Panel | undefined {
  const [first] = results;
  return first === undefined
    ? undefined
    : {
        title: "p99 of the requests that ended in each second",
        ...frameOf(first),
        lines: results.map(({ policy, series }, i) => ({
          label: policy,
          color: colorOf(i),
          values: series.map(({ p99Ms }) => p99Ms),
        })),
        scale: "log",
        format: (value) => (value >= 1_000 ? `${value / 1_000} s` : `${value} ms`),
      };
}

/** Only when there are any. */
function errorsPanel(results: readonly PolicyResult[]): Panel | undefined {
  const [first] = results;
  if (first === undefined || results.every(({ series }) => series.every(({ errors }) => errors === 0)))
    return undefined;
  return {
    title: "failed requests in each second",
    ...frameOf(first),
    lines: results.map(({ policy, series }, i) => ({
      label: policy,
      color: colorOf(i),
      values: series.map(({ errors }) => errors),
    })),
    scale: "linear",
    format: (value) => value.toFixed(value < 10 ? 1 : 0),
  };
}

function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? "#000000";
}
