// The course of a run, second by second: who got the traffic (by the second of the pick), and how it went (by the second
// of the end).
import { LatencyHistogram } from "./latency-histogram.js";

export interface Second {
  /** Seconds from the start of the simulation. */
  readonly atS: number;
  /** Share of the picks by host. */
  readonly shares: readonly number[];
  readonly picks: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly errors: number;
}

export class TimeSeries {
  readonly #hosts: number;
  readonly #seconds: number;
  readonly #picks: Int32Array;
  readonly #errors: Int32Array;
  readonly #p50Ms: (number | undefined)[] = [];
  readonly #p99Ms: (number | undefined)[] = [];
  readonly #present = new LatencyHistogram();
  #second = 0;

  constructor(hosts: number, totalMs: number) {
    this.#hosts = hosts;
    this.#seconds = Math.ceil(totalMs / 1000);
    this.#picks = new Int32Array(this.#seconds * hosts);
    this.#errors = new Int32Array(this.#seconds);
  }

  picked(atMs: number, host: number): void {
    const cell = Math.floor(atMs / 1000) * this.#hosts + host;
    this.#picks[cell] = (this.#picks[cell] ?? 0) + 1;
  }

  ended(nowMs: number, latencyMs: number, failed: boolean): void {
    const second = Math.floor(nowMs / 1000);
    while (this.#second < second) this.#closeSecond();
    this.#present.record(latencyMs);
    if (failed) this.#errors[second] = (this.#errors[second] ?? 0) + 1;
  }

  seconds(): Second[] {
    while (this.#second < this.#seconds) this.#closeSecond();
    return Array.from({ length: this.#seconds }, (_, atS) => {
      const counts = Array.from(this.#picks.subarray(atS * this.#hosts, (atS + 1) * this.#hosts));
      const picks = counts.reduce((sum, count) => sum + count, 0);
      return {
        atS,
        shares: counts.map((count) => (picks === 0 ? 0 : count / picks)),
        picks,
        p50Ms: this.#p50Ms[atS],
        p99Ms: this.#p99Ms[atS],
        errors: this.#errors[atS] ?? 0,
      };
    });
  }

  #closeSecond(): void {
    this.#p50Ms[this.#second] = this.#present.quantile(0.5);
    this.#p99Ms[this.#second] = this.#present.quantile(0.99);
    this.#present.reset();
    this.#second += 1;
  }
}
