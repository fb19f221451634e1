// One client of `GET /v1/watch`. Invariant: what waits for a slow client is at most the newest event of each kind per
// service; a client that takes nothing for too long is cut.
import type { Response } from "express";
import type { Cancel, Clock } from "../runtime/clock.js";

export interface EventStreamOptions {
  readonly response: Response;
  readonly clock: Clock;
  /** How long the client may take nothing, milliseconds. */
  readonly stallMs: number;
  /** The client was cut for it. */
  readonly onStall: () => void;
}

const PING_MS = 15_000;

export class EventStream {
  readonly #options: EventStreamOptions;
  /** Newest frame by key, for what the socket could not take yet. */
  readonly #waiting = new Map<string, string>();
  #blocked = false;
  #ended = false;
  #cancelStall: Cancel | undefined;
  #cancelPing: Cancel | undefined;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    const { response } = options;
    response.on("drain", () => this.#resume());
    response.on("close", () => this.#close());
    // A client may go away between two writes; "close" follows and does what is needed.
    response.on("error", () => this.#close());
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" });
    response.flushHeaders();
    this.#schedulePing();
  }

  /** @param key what a newer event replaces */
  send(key: string, frame: string): void {
    // Changes may still arrive between the end and the event that ends the subscription.
    if (this.#ended) return;
    if (this.#blocked) this.#waiting.set(key, frame);
    else this.#write(frame);
  }

  /** Ends it in order; what waits is given up, the client reads the state anew when it returns. */
  end(): void {
    this.#close();
    this.#options.response.end();
  }

  #write(frame: string): void {
    if (this.#options.response.write(frame)) return;
    this.#blocked = true;
    this.#cancelStall = this.#options.clock.schedule(this.#options.stallMs, () => {
      this.#close();
      this.#options.onStall();
      this.#options.response.destroy();
    });
  }

  #resume(): void {
    this.#cancelStall?.();
    this.#blocked = false;
    for (const [key, frame] of this.#waiting) {
      if (this.#blocked) return;
      this.#waiting.delete(key);
      this.#write(frame);
    }
  }

  /** A comment keeps middle boxes from closing an idle stream; a blocked client needs none. */
  #schedulePing(): void {
    this.#cancelPing = this.#options.clock.schedule(PING_MS, () => {
      if (!this.#blocked) this.#write(": ping\n\n");
      this.#schedulePing();
    });
  }

  #close(): void {
    this.#ended = true;
    this.#waiting.clear();
    this.#cancelStall?.();
    this.#cancelPing?.();
  }
}
