// The few terminal codes in use. Off when the output is no terminal, when NO_COLOR is set (no-color.org), or when the
// terminal is dumb.
import type { CliContext } from "./context.js";

export type Style = (text: string) => string;

export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
}

const ESC = "\u001b[";
const plain: Style = (text) => text;
const code =
  (on: number, off: number): Style =>
  (text) =>
    text === "" ? "" : `${ESC}${on}m${text}${ESC}${off}m`;

const PLAIN: Styles = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain };
const COLORED: Styles = {
  bold: code(1, 22),
  dim: code(2, 22),
  red: code(31, 39),
  green: code(32, 39),
  yellow: code(33, 39),
};

export function stylesFor({ stdout, env }: Pick<CliContext, "stdout" | "env">): Styles {
  const noColor = env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "";
  return stdout.isTTY === true && !noColor && env["TERM"] !== "dumb" ? COLORED : PLAIN;
}

/** Paints `text` over what the terminal shows, without the flicker of clearing it first. */
export function repaint(text: string): string {
  return `${ESC}H${text.replaceAll("\n", `${ESC}K\n`)}${ESC}J`;
}

/** Clears the screen, for the first `repaint`. */
export const CLEAR = `${ESC}2J`;
