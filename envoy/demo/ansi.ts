// Colours for the terminal, and padding that counts what is seen. Off when NO_COLOR is set or stdout is no terminal.

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "inverse";

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  inverse: [7, 27],
};

export type Paint = (text: string, ...styles: readonly Style[]) => string;

export function painter(enabled: boolean): Paint {
  if (!enabled) return (text) => text;
  return (text, ...styles) =>
    styles.reduce((inner, style) => `\u001B[${CODES[style][0]}m${inner}\u001B[${CODES[style][1]}m`, text);
}

/** Exactly `width` characters; cut with an ellipsis when longer. For plain text, before painting. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  if (width <= 0) return "";
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return align === "left" ? cut.padEnd(width) : cut.padStart(width);
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A horizontal bar of `width` characters for a fraction 0..1. */
export function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8);
  return ("█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "")).padEnd(width);
}

const LEVELS = "▁▂▃▄▅▆▇█";

/** One character per value, against `top`; a gap for NaN. */
export function sparkline(values: readonly number[], top: number): string {
  return values
    .map((value) => {
      if (Number.isNaN(value)) return " ";
      return LEVELS.charAt(Math.min(7, Math.max(0, Math.floor((value / top) * 8))));
    })
    .join("");
}
