// Columns of text, aligned by spaces, without lines. What comes from the network is shown as text: control characters
// cannot reach the terminal.
import type { Style } from "./ansi.js";

export interface Column {
  readonly title: string;
  /** Default left; numbers go right. */
  readonly align?: "left" | "right";
}

/** Text with an optional style that does not count for its width. */
export type Cell = string | { readonly text: string; readonly style: Style };

const GAP = "  ";
const PLAIN_TEXT = /^[\x20-\x7e]*$/;
// Cc: control, Cf: format (direction overrides), Cs: lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** One line of printable text. */
export function printable(text: string): string {
  return text.replaceAll(UNSAFE, "\ufffd");
}

/** Ends with a newline. The last column is never padded. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  titleStyle?: Style,
): string {
  const title = (text: string): Cell => (titleStyle ? { text, style: titleStyle } : text);
  const lines = [columns.map((column) => title(column.title)), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(textOf(line[index])))));
  return lines
    .map((line) =>
      columns
        .map((column, index) =>
          pad(line[index] ?? "", widths[index] ?? 0, column.align ?? "left", index === columns.length - 1),
        )
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function pad(cell: Cell, width: number, align: "left" | "right", isLast: boolean): string {
  const text = textOf(cell);
  const styled = typeof cell === "string" ? text : cell.style(text);
  const fill = " ".repeat(Math.max(0, width - widthOf(text)));
  if (align === "right") return fill + styled;
  return isLast ? styled : styled + fill;
}

function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  return printable(typeof cell === "string" ? cell : cell.text);
}

const graphemes = new Intl.Segmenter();

/** What a terminal shows as one character, wide ones aside. */
function widthOf(text: string): number {
  return PLAIN_TEXT.test(text) ? text.length : [...graphemes.segment(text)].length;
}
