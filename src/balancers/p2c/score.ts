// The seed document's score: 0.4 * connections + 0.4 * latency in ms + 0.2 * 1000 * error rate. Lower is better.
// Its units are what they are: as an order between two candidates it is fine; as a weight it must be normalised first.

export interface ScoreInputs {
  /** Requests in flight, >= 0. */
  readonly connections: number;
  /** Average latency, milliseconds. */
  readonly latencyMs: number;
  /** 0..1 */
  readonly errorRate: number;
}

export function p2cScore({ connections, latencyMs, errorRate }: ScoreInputs): number {
  return 0.4 * connections + 0.4 * latencyMs + 0.2 * 1000 * errorRate;
}
