// Draws a LiveView as lines of text for a given width. Pure: what moves the cursor is in display.ts.
import { bar, fit, type Paint, type Style, sparkline } from "./ansi.js";
import type { LiveRow, LiveView } from "./live-view.js";

type SceneState = "done" | "failed" | "running" | "ahead";

const SCENE_STATES: Readonly<Record<SceneState, { readonly mark: string; readonly styles: readonly Style[] }>> = {
  done: { mark: "✓ ", styles: ["green"] },
  failed: { mark: "✗ ", styles: ["red"] },
  running: { mark: "▸ ", styles: ["bold"] },
  ahead: { mark: "", styles: ["dim"] },
};

export interface Frame {
  readonly view: LiveView;
  readonly title: string;
  readonly elapsedSeconds: number;
  /** undefined = open end. */
  readonly totalSeconds: number | undefined;
  /** One word per scene, with what became of it. */
  readonly scenes: readonly { readonly name: string; readonly state: SceneState }[];
  /** Facts for the second line: server, Envoy, load. */
  readonly facts: readonly { readonly text: string; readonly bad?: boolean }[];
}

interface Column {
  readonly head: string;
  readonly width: number;
  readonly align: "left" | "right";
  /** 0 is dropped last when the terminal is narrow. */
  readonly dispensable: number;
  readonly cell: (row: LiveRow) => string;
}

const share = (value: number | undefined): string => (value === undefined ? "" : `${(value * 100).toFixed(1)}%`);
const milliseconds = (value: number): string => (Number.isNaN(value) ? "" : value.toFixed(0));

/** Full bar = this share; the largest backends stay below it. */
const BAR_FULL = 0.3;

const COLUMNS: readonly Column[] = [
  { head: "instance", width: 9, align: "left", dispensable: 0, cell: (row) => row.name },
  { head: "slots", width: 5, align: "right", dispensable: 3, cell: (row) => String(row.slots) },
  { head: "now", width: 10, align: "left", dispensable: 1, cell: (row) => row.condition },
  { head: "weight", width: 6, align: "right", dispensable: 2, cell: (row) => String(row.weight ?? "") },
  { head: "share", width: 6, align: "right", dispensable: 0, cell: (row) => share(row.target) },
  { head: "traffic", width: 7, align: "right", dispensable: 0, cell: (row) => share(row.traffic) },
  { head: "", width: 12, align: "left", dispensable: 4, cell: (row) => bar(row.traffic / BAR_FULL, 12) },
  { head: "envoy's", width: 7, align: "right", dispensable: 1, cell: (row) => share(row.twinTraffic) },
  { head: "p50", width: 5, align: "right", dispensable: 1, cell: (row) => milliseconds(row.load.p50Ms) },
  { head: "p99", width: 5, align: "right", dispensable: 0, cell: (row) => milliseconds(row.load.p99Ms) },
  { head: "errors", width: 6, align: "right", dispensable: 0, cell: (row) => share(row.load.errorRate) },
];

const LEAST_REASON_WIDTH = 24;

export function draw(frame: Frame, width: number, paint: Paint): readonly string[] {
  const columns = columnsFor(width);
  const reasonWidth = Math.max(0, width - widthOf(columns));
  const { view } = frame;
  const total = frame.totalSeconds === undefined ? "" : ` of ${frame.totalSeconds.toFixed(0)} s`;
  const clock = `${frame.elapsedSeconds.toFixed(0)} s${total}`;
  const title = fit(` ${frame.title}`, Math.max(0, width - clock.length - 2));
  return [
    paint(`${title} ${clock} `, "bold", "inverse"),
    factLine(frame, width, paint),
    "",
    paint(line(columns, (column) => column.head) + fit("why", reasonWidth), "dim"),
    ...view.rows.map(
      (row) =>
        paint(
          line(columns, (column) => column.cell(row)),
          ...rowStyle(row),
        ) + fit(row.reason, reasonWidth),
    ),
    "",
    ...comparison(view, width, paint),
    "",
    sceneLine(frame, paint),
  ];
}

/** As many facts as fit, the first ones first. */
function factLine({ facts }: Frame, width: number, paint: Paint): string {
  let room = width;
  const shown = facts.filter(({ text }) => {
    room -= text.length + 3;
    return room >= 0;
  });
  return ` ${shown.map((fact) => paint(fact.text, fact.bad === true ? "red" : "dim")).join(paint(" · ", "dim"))}`;
}

function comparison(view: LiveView, width: number, paint: Paint): readonly string[] {
  const known = [...view.oursTrend, ...view.envoysTrend].filter((value) => !Number.isNaN(value));
  const top = Math.max(1, ...known);
  const room = Math.max(0, Math.min(40, width - 62));
  const row = (name: string, load: LiveView["ours"], trend: readonly number[], style: Style): string => {
    const numbers = `${milliseconds(load.p50Ms).padStart(6)} ms${milliseconds(load.p99Ms).padStart(7)} ms${share(load.errorRate).padStart(9)}`;
    const drawn = room === 0 ? "" : sparkline(trend.slice(-room), top);
    return `${paint(fit(` ${name}`, 28), style)}${numbers}  ${paint(drawn, style)}`;
  };
  return [
    paint(
      `${fit(" all requests", 28)}${"p50".padStart(9)}${"p99".padStart(10)}${"errors".padStart(9)}${room === 0 ? "" : "  p99 per second"}`,
      "dim",
    ),
    row("Steelyard, adaptive", view.ours, view.oursTrend, "green"),
    row("Envoy's own LEAST_REQUEST", view.envoys, view.envoysTrend, "cyan"),
  ];
}

function sceneLine({ scenes }: Frame, paint: Paint): string {
  const words = scenes.map(({ name, state }) => {
    const { mark, styles } = SCENE_STATES[state];
    return paint(`${mark}${name}`, ...styles);
  });
  return ` ${words.join("  ")}`;
}

function rowStyle(row: LiveRow): readonly Style[] {
  if (row.load.errorRate > 0) return ["red"];
  return row.condition === "" ? [] : ["yellow"];
}

function columnsFor(width: number): readonly Column[] {
  let columns = COLUMNS;
  for (let level = 4; level > 0 && widthOf(columns) + LEAST_REASON_WIDTH > width; level -= 1) {
    columns = columns.filter((column) => column.dispensable < level);
  }
  return columns;
}

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width + 1, 2);
}

function line(columns: readonly Column[], text: (column: Column) => string): string {
  return ` ${columns.map((column) => fit(text(column), column.width, column.align)).join(" ")}  `;
}
