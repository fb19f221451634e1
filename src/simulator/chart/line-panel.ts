// One panel of a chart: lines over time in a frame with ticks, as SVG text. Draws, and knows nothing of simulations.

export interface Line {
  /** In the legend; undefined = the line belongs to the one before. */
  readonly label: string | undefined;
  readonly color: string;
  /** Points in units of the axes; undefined = no value, the line is broken there. */
  readonly values: readonly (number | undefined)[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Seconds at the left and right edge; value `i` of a line is at second `i`. */
  readonly fromS: number;
  readonly toS: number;
  readonly marks: readonly { readonly atS: number; readonly label: string }[];
  readonly scale: "linear" | "log";
  readonly format: (value: number) => string;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const INK = "#24292f";
const FAINT = "#d8dee4";
const MUTED = "#6e7781";
const TICK_COUNT = 5;

export function renderPanel(panel: Panel, box: Box): string {
  const range = rangeOf(panel);
  const xOf = (second: number): number => box.x + (box.width * (second - panel.fromS)) / (panel.toS - panel.fromS);
  const place = (value: number): number =>
    panel.scale === "log"
      ? Math.log(value / range.low) / Math.log(range.high / range.low)
      : (value - range.low) / (range.high - range.low);
  const yOf = (value: number): number => box.y + box.height * (1 - Math.min(1, Math.max(0, place(value))));
  const bottom = box.y + box.height;
  return [
    text(box.x, box.y - 10, panel.title, `font-weight="600" fill="${INK}"`),
    ...ticks(panel, range).map((value) => {
      const y = fixed(yOf(value));
      return `<line x1="${box.x}" y1="${y}" x2="${box.x + box.width}" y2="${y}" stroke="${FAINT}"/>${text(box.x - 6, yOf(value) + 4, panel.format(value), `text-anchor="end" fill="${MUTED}"`)}`;
    }),
    ...timeTicks(panel).map((second) =>
      text(xOf(second), bottom + 15, `${second}`, `text-anchor="middle" fill="${MUTED}"`),
    ),
    ...panel.lines.map(({ values, color }) => path(panel, values, color, xOf, yOf)),
    ...panel.marks.map(({ atS, label }) => {
      const x = fixed(xOf(atS));
      const halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke"';
      return `<line x1="${x}" y1="${box.y}" x2="${x}" y2="${bottom}" stroke="${MUTED}" stroke-dasharray="3 3"/>${text(xOf(atS) + 5, box.y + 14, label, `fill="${INK}" ${halo}`)}`;
    }),
    legend(panel.lines, box),
    `<rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" fill="none" stroke="${MUTED}"/>`,
  ].join("\n");
}

export function svgDocument(width: number, height: number, content: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${content.join("\n")}
</svg>
`;
}

/** @param attributes trusted text */
export function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped}</text>`;
}

function path(
  panel: Panel,
  values: readonly (number | undefined)[],
  color: string,
  xOf: (second: number) => number,
  yOf: (value: number) => number,
): string {
  let pen = "M";
  let data = "";
  for (let second = panel.fromS; second < Math.min(panel.toS, values.length); second++) {
    const value = values[second];
    if (value === undefined || (panel.scale === "log" && value <= 0)) {
      pen = "M";
      continue;
    }
    data += `${pen}${fixed(xOf(second + 0.5))} ${fixed(yOf(value))}`;
    pen = "L";
  }
  return `<path d="${data}" fill="none" stroke="${color}" stroke-width="1.5" stroke-linejoin="round"/>`;
}

function legend(lines: readonly Line[], box: Box): string {
  return lines
    .filter(({ label }) => label !== undefined)
    .map(({ label = "", color }, i) => {
      const x = box.x + box.width + 14;
      const y = box.y + 8 + i * 18;
      return `<line x1="${x}" y1="${y}" x2="${x + 16}" y2="${y}" stroke="${color}" stroke-width="2.5"/>${text(x + 22, y + 4, label, `fill="${INK}"`)}`;
    })
    .join("\n");
}

interface Range {
  readonly low: number;
  readonly high: number;
}

function rangeOf({ lines, scale, fromS, toS }: Panel): Range {
  const values = lines
    .flatMap((line) => line.values.slice(fromS, toS))
    .filter((value) => value !== undefined)
    .filter((value) => scale === "linear" || value > 0);
  const largest = values.reduce((high, value) => Math.max(high, value), Number.MIN_VALUE);
  if (scale === "linear") return { low: 0, high: niceAbove(largest) };
  const smallest = values.reduce((low, value) => Math.min(low, value), largest);
  const steps = logSteps(smallest, largest);
  const low = steps.findLast((step) => step <= smallest) ?? smallest;
  return { low, high: steps.find((step) => step >= largest && step > low) ?? largest };
}

/** 1, 2 and 5 times powers of ten, a little beyond both ends. */
function logSteps(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const count = Math.ceil(Math.log10(high)) - first + 1;
  return Array.from({ length: count }, (_, i) => first + i).flatMap((power) =>
    [1, 2, 5].map((step) => Number((step * 10 ** power).toPrecision(3))),
  );
}

/** The next of 1, 2, 2.5, 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 2.5, 5, 10].find((candidate) => candidate * power >= value) ?? 10;
  return step * power;
}

function ticks({ scale }: Panel, { low, high }: Range): number[] {
  if (scale === "linear") return Array.from({ length: TICK_COUNT + 1 }, (_, i) => (i * high) / TICK_COUNT);
  return logSteps(low, high).filter((step) => step >= low && step <= high);
}

function timeTicks({ fromS, toS }: Panel): number[] {
  const step = [5, 10, 20, 30, 60, 120, 300, 600].find((candidate) => (toS - fromS) / candidate <= 12) ?? 1_200;
  const first = Math.ceil(fromS / step) * step;
  return Array.from({ length: Math.floor((toS - first) / step) + 1 }, (_, i) => first + i * step);
}

function fixed(value: number): string {
  return value.toFixed(1);
}
