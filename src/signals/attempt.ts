// One try of a proxy at an endpoint, as its access log tells it.

export interface Attempt {
  /** Name of the proxy's cluster. */
  readonly cluster: string;
  /** `endpointKey` of whom it was sent to. */
  readonly endpoint: string;
  /** `answered`: 1xx to 3xx; `failed`: 4xx, 5xx; `unanswered`: it ended before the head of an answer came. */
  readonly outcome: "answered" | "failed" | "unanswered";
  /** From the first byte sent to the first byte back, milliseconds, 0..3,600,000; undefined when unanswered. */
  readonly latencyMs: number | undefined;
}
