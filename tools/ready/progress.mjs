// One line per step on stderr: redrawn on a terminal, written once with its time elsewhere. stdout stays clean.

const REDRAW_MS = 250;

export class Progress {
  #out;
  #quiet;
  #live;
  #label = "";
  #text = "";
  #startedMs = 0;
  #timer;

  constructor({ quiet = false, out = process.stderr } = {}) {
    this.#out = out;
    this.#quiet = quiet;
    this.#live = out.isTTY === true && !quiet;
  }

  start(label, text) {
    this.#label = label;
    this.#text = text;
    this.#startedMs = performance.now();
    if (this.#live) {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), REDRAW_MS);
    } else this.#write(`${this.#head()} ...`);
  }

  update(text) {
    this.#text = text;
    if (this.#live) this.#draw();
  }

  done(text) {
    this.#text = text ?? this.#text;
    this.#finish("");
  }

  failed() {
    this.#finish("FAILED after ");
  }

  /** A line between the steps. */
  note(text) {
    this.#write(`ready: ${text}\n`);
  }

  #finish(prefix) {
    clearInterval(this.#timer);
    if (this.#live) this.#write(`\r\u001B[K${this.#head()}  ${prefix}${this.#elapsed()}\n`);
    else this.#write(` ${prefix}${this.#elapsed()}\n`);
  }

  #draw() {
    this.#write(`\r\u001B[K${this.#head()} ... ${this.#elapsed()}`);
  }

  #head() {
    return `ready: ${this.#label.padEnd(5)} ${this.#text}`;
  }

  #elapsed() {
    return `${((performance.now() - this.#startedMs) / 1000).toFixed(1)} s`;
  }

  #write(text) {
    if (!this.#quiet) this.#out.write(text);
  }
}
