// Backpressure by credit: the next batch is pulled only when the transport has confirmed the one before, so a slow reader
// costs one batch of memory, and what it gets next is the newest content. `write()` returning false says only that an
// object queue is long; the callback is what tells that bytes have left.
import type { Draft } from "./draft.js";

/** Where responses go. */
export interface FrameSink {
  /** Takes one response; calls `written` once it has been handed to the socket. */
  write(draft: Draft, written: () => void): void;
}

/** Where they come from. */
export interface DraftSource {
  /** The next response that may go; it counts as sent. */
  next(): Draft | undefined;
}

interface WriterOptions {
  readonly source: DraftSource;
  readonly sink: FrameSink;
  readonly batchBytes: number;
}

export class StreamWriter {
  readonly #sink: FrameSink;
  readonly #source: DraftSource;
  readonly #batchBytes: number;
  #unconfirmed = 0;
  #confirmations = 0;
  /** There may be more to pull once the transport has confirmed: the last batch was full, or somebody asked meanwhile. */
  #wanted = false;
  #pumping = false;
  #closed = false;

  constructor({ source, sink, batchBytes }: WriterOptions) {
    this.#source = source;
    this.#sink = sink;
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

  /** Writes what may go now. Call it whenever there may be something new. */
  pump(): void {
    if (this.#pumping) return;
    this.#wanted = true;
    if (this.#unconfirmed > 0) return;
    this.#pumping = true;
    try {
      while (!this.#closed && this.#unconfirmed === 0 && this.#batch()) {
        // Again when the sink confirmed at once.
      }
    } finally {
      this.#pumping = false;
    }
  }

  close(): void {
    this.#closed = true;
  }

  /** Writes one batch; false when there was nothing to write. */
  #batch(): boolean {
    let bytes = 0;
    while (!this.#closed && bytes < this.#batchBytes) {
      const draft = this.#source.next();
      if (!draft) {
        this.#wanted = false;
        break;
      }
      bytes += draft.framed.length;
      this.#unconfirmed++;
      this.#sink.write(draft, this.#written);
    }
    return bytes > 0;
  }

  readonly #written = (): void => {
    this.#unconfirmed--;
    this.#confirmations++;
    if (this.#wanted && this.#unconfirmed === 0 && !this.#closed) this.pump();
  };
}
