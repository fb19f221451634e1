// Backpressure by credit: the next batch is pulled only when the transport has confirmed the one before, so a slow reader
// costs one batch of memory, and what it gets next is the newest content. `write()` returning false says only that an
// object queue is long; the callback is what tells that bytes have left.
import type { Draft } from "./draft.js";

/** Who is told that a response has been handed to the socket. */
export interface Writer {
  written(): void;
}

/** Where responses go. */
export interface FrameSink {
  /** Takes one response; tells `writer` once it has left. */
  write(draft: Draft, writer: Writer): void;
}

/** The base of a stream, and not a part of it: each object more is memory to wait for, on thousands of streams per push. */
export abstract class StreamWriter implements Writer {
  readonly #batchBytes: number;
  #unconfirmed = 0;
  #confirmations = 0;
  /** There may be more to pull once the transport has confirmed: the last batch was full, or somebody asked meanwhile. */
  #wanted = false;
  #writing = false;
  #closed = false;

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
  }

  /** Responses that the transport has not confirmed. */
  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  /** How often the transport has confirmed anything. */
  get confirmations(): number {
    return this.#confirmations;
  }

  written(): void {
    this.#unconfirmed--;
    this.#confirmations++;
    if (this.#wanted && this.#unconfirmed === 0 && !this.#closed) this.writeOut();
  }

  /** The next response that may go; it counts as sent. */
  protected abstract next(): Draft | undefined;

  protected abstract write(draft: Draft): void;

  /** Writes what may go now. Call it whenever there may be something new. */
  protected writeOut(): void {
    if (this.#writing) return;
    this.#wanted = true;
    if (this.#unconfirmed > 0) return;
    this.#writing = true;
    try {
      while (!this.#closed && this.#unconfirmed === 0 && this.#batch()) {
        // Again when the sink confirmed at once.
      }
    } finally {
      this.#writing = false;
    }
  }

  protected closeWriter(): void {
    this.#closed = true;
  }

  /** Writes one batch; false when there was nothing to write. */
  #batch(): boolean {
    let bytes = 0;
    while (!this.#closed && bytes < this.#batchBytes) {
      const draft = this.next();
      if (!draft) {
        this.#wanted = false;
        break;
      }
      bytes += draft.framed.length;
      this.#unconfirmed++;
      this.write(draft);
    }
    return bytes > 0;
  }
}
