// Takes down what the data plane does. Sees everything, influences nothing.
import type { EventQueue } from "../engine/event-queue.js";
import type { RequestObserver } from "../plant/data-plane.js";
import type { RequestPool } from "../plant/request-pool.js";
import type { SimulationPlan } from "../simulation-plan.js";
import { TimeSeries } from "./time-series.js";
import { WindowRecord } from "./window-record.js";

export class Recorder implements RequestObserver {
  readonly windows: readonly WindowRecord[];
  readonly series: TimeSeries;
  /** Slot milliseconds used in the first window, by host. */
  readonly busyMs: Float64Array;
  arrivals = 0;
  successes = 0;
  failures = 0;
  unfinished = 0;
  readonly #queue: EventQueue;
  readonly #fromMs: number;
  readonly #toMs: number;

  constructor(plan: SimulationPlan, queue: EventQueue) {
    this.#queue = queue;
    this.windows = plan.windows.map((window) => new WindowRecord(window));
    this.series = new TimeSeries(plan.hosts.length, plan.totalMs);
    this.busyMs = new Float64Array(plan.hosts.length);
    this.#fromMs = plan.windows[0].fromMs;
    this.#toMs = plan.windows[0].toMs;
  }

  arrived(): void {
    this.arrivals += 1;
  }

  picked(atMs: number, host: number): void {
    this.series.picked(atMs, host);
  }

  ended(arrivedMs: number, latencyMs: number, status: number): void {
    const failed = status >= 400;
    if (failed) this.failures += 1;
    else this.successes += 1;
    this.series.ended(this.#queue.timeMs, latencyMs, failed);
    for (const window of this.windows) if (window.holds(arrivedMs)) window.ended(latencyMs, failed);
  }

  busy(fromMs: number, toMs: number, host: number): void {
    const ms = Math.min(toMs, this.#toMs) - Math.max(fromMs, this.#fromMs);
    if (ms > 0) this.busyMs[host] = (this.busyMs[host] ?? 0) + ms;
  }

  /** Time is over: those without an answer count with their age, or the worst would be left out. */
  close(endMs: number, requests: RequestPool): void {
    for (let request = requests.oldest; request >= 0; request = requests.youngerThan(request)) {
      const arrivedMs = requests.arrivedMs[request] ?? endMs;
      this.unfinished += 1;
      for (const window of this.windows) if (window.holds(arrivedMs)) window.stillOpen(endMs - arrivedMs);
    }
  }
}
