// The one way to add load samples: of two clusters that share a service, or of two reports within one round.
import type { LatencySum, LoadSample, ValueSum } from "../model/load.js";

export const NO_LATENCY: LatencySum = { count: 0, sumMs: 0 };

export function addLatency(a: LatencySum, b: LatencySum): LatencySum {
  if (b.count === 0) return a;
  if (a.count === 0) return b;
  return { count: a.count + b.count, sumMs: a.sumMs + b.sumMs };
}

function addValues(a: ValueSum | undefined, b: ValueSum | undefined): ValueSum | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : { count: a.count + b.count, sum: a.sum + b.sum };
}

/** Adds what one more counter of the same proxy says of the endpoint, over the same time. */
export function addToSamples(samples: Map<string, LoadSample>, endpoint: string, sample: LoadSample): void {
  const known = samples.get(endpoint);
  samples.set(endpoint, known ? addSamples(known, sample, known.inFlight + sample.inFlight) : sample);
}

/** Sums counters; `inFlight` is given, because a gauge adds up across proxies but not across time. */
export function addSamples(a: LoadSample, b: LoadSample, inFlight: number): LoadSample {
  return {
    successes: a.successes + b.successes,
    errors: a.errors + b.errors,
    issued: a.issued + b.issued,
    inFlight,
    latency: addLatency(a.latency, b.latency),
    failedLatency: addLatency(a.failedLatency, b.failedLatency),
    utilization: addValues(a.utilization, b.utilization),
  };
}
