// Requests that reached one backend, counted per step of time: the truth about traffic shares, which answers cannot tell
// (a host that hangs gives none).

export class ArrivalSeries {
  readonly #stepMs: number;
  readonly #counts: number[] = [];
  #startMs = Number.POSITIVE_INFINITY;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  /** Counting begins; what came before is forgotten. */
  begin(startMs: number): void {
    this.#startMs = startMs;
    this.#counts.length = 0;
  }

  add(nowMs: number): void {
    if (nowMs < this.#startMs) return;
    const step = Math.floor((nowMs - this.#startMs) / this.#stepMs);
    while (this.#counts.length <= step) this.#counts.push(0);
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
  }

  /** One count per step since the beginning; steps after the last arrival are missing. */
  get counts(): readonly number[] {
    return this.#counts;
  }
}
