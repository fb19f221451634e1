// A metric sink that tests can read: totals of counters, last values of gauges and histograms, by name and label values.
import type { Labels, MetricSink } from "../../src/runtime/metrics.js";

export class MetricRecorder implements MetricSink {
  readonly #values = new Map<string, number>();

  count(name: string, labels?: Labels, by = 1): void {
    const key = keyOf(name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  gauge(name: string, value: number, labels?: Labels): void {
    this.#values.set(keyOf(name, labels), value);
  }

  observe(name: string, value: number, labels?: Labels): void {
    this.gauge(name, value, labels);
  }

  /** e.g. `steelyard_xds_requests_total cds ack`; 0 when it was never touched. */
  get(key: string): number {
    return this.#values.get(key) ?? 0;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#values);
  }
}

const keyOf = (name: string, labels: Labels = {}): string => [name, ...Object.values(labels)].join(" ");
