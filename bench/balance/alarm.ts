// One timer for everything that is due some time: armed for the earliest, so that no work is done in between. Node's
// timers have steps of 1 ms; whoever needs better also looks at the clock whenever a socket wakes the process anyway.

export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings once, not long after `atMs`. A later time than the one it is armed for changes nothing. */
  arm(atMs: number, nowMs: number): void {
    if (atMs >= this.#atMs) return;
    clearTimeout(this.#timer);
    this.#atMs = atMs;
    this.#timer = setTimeout(
      () => {
        this.#atMs = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      Math.max(1, Math.ceil(atMs - nowMs)),
    );
  }

  disarm(): void {
    clearTimeout(this.#timer);
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}
