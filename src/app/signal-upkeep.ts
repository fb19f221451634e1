// Clears signals of what has left the catalogue, once a minute.
import type { Cancel, Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { SignalBook } from "../signals/signal-book.js";

const PERIOD_MS = 60_000;

export class SignalUpkeep implements Component {
  readonly name = "signal-upkeep";
  readonly #clock: Clock;
  readonly #signals: SignalBook;
  #cancel: Cancel | undefined;

  constructor({ clock, signals }: { clock: Clock; signals: SignalBook }) {
    this.#clock = clock;
    this.#signals = signals;
  }

  async start(): Promise<void> {
    this.#cancel = this.#clock.schedule(PERIOD_MS, () => {
      this.#signals.prune();
      void this.start();
    });
  }

  async stop(): Promise<void> {
    this.#cancel?.();
    this.#signals.close();
  }
}
