// Puts frames onto a terminal in place, about twice a second; elsewhere prints a line now and then. Owns the cursor.
import type { Paint } from "./ansi.js";
import { draw, type Frame } from "./screen.js";

const PLAIN_EVERY_MS = 5_000;

export interface Display {
  show(frame: Frame): void;
  /** A line that stays. */
  say(text: string): void;
  /** Leaves the last frame on the screen and gives the cursor back. */
  close(): void;
}

/** Redraws over the last frame. A frame never is higher than the terminal, or moving up would not reach its top. */
export class TerminalDisplay implements Display {
  readonly #out: NodeJS.WriteStream;
  readonly #paint: Paint;
  #height = 0;

  constructor(out: NodeJS.WriteStream, paint: Paint) {
    this.#out = out;
    this.#paint = paint;
    out.write("\u001B[?25l\u001B[?7l"); // a line that wrapped would count twice
  }

  show(frame: Frame): void {
    const { columns, rows } = this.#out;
    const lines = draw(frame, Math.min(columns, 160), this.#paint).slice(0, rows - 1);
    this.#out.write(`${this.#back()}${lines.map((line) => `${line}\u001B[K\n`).join("")}\u001B[J`);
    this.#height = lines.length;
  }

  say(text: string): void {
    this.#out.write(`${this.#back()}\u001B[J\u001B[?7h${text}\n\u001B[?7l`);
    this.#height = 0;
  }

  close(): void {
    this.#height = 0;
    this.#out.write("\u001B[?7h\u001B[?25h");
  }

  #back(): string {
    return this.#height === 0 ? "" : `\u001B[${this.#height}A\r`;
  }
}

export class PlainDisplay implements Display {
  readonly #write: (text: string) => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #title = "";

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  show(frame: Frame): void {
    if (frame.title !== this.#title) {
      this.#title = frame.title;
      this.#write(`${frame.elapsedSeconds.toFixed(0).padStart(4)} s  ${frame.title}`);
    }
    const nowMs = performance.now();
    if (frame.view.ours.requests === 0) return;
    if (nowMs - this.#lastMs < PLAIN_EVERY_MS) return;
    this.#lastMs = nowMs;
    const { ours, envoys, rows } = frame.view;
    const side = (name: string, load: typeof ours): string =>
      `${name} p50 ${load.p50Ms.toFixed(0)} p99 ${load.p99Ms.toFixed(0)} ms errors ${(load.errorRate * 100).toFixed(1)} %`;
    const shares = rows.map((row) => `${row.name} ${(row.traffic * 100).toFixed(0)}%`).join(" ");
    this.#write(
      `${frame.elapsedSeconds.toFixed(0).padStart(4)} s  ${side("steelyard", ours)} | ${side("envoy", envoys)}`,
    );
    this.#write(`        ${shares}`);
  }

  say(text: string): void {
    this.#write(text);
  }

  close(): void {
    // nothing was changed on the way
  }
}
