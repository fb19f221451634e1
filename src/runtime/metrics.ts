// The metrics port: whoever counts takes a sink. src/telemetry holds the catalogue of names and the Prometheus adapter.

export type Labels = Readonly<Record<string, string>>;

export interface MetricSink {
  /** Adds `by` (default 1) to a counter. */
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  /** One observation of a histogram, in the unit of the metric's name. */
  observe(name: string, value: number, labels?: Labels): void;
}

export const noMetrics: MetricSink = { count: () => undefined, gauge: () => undefined, observe: () => undefined };
