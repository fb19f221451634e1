// Requests in flight as one proxy last saw them: all that is kept of a report once its round is closed, because its
// counters are spent but its gauges hold until the next report. Two arrays: there is one per proxy and endpoint.
import type { InstanceId } from "../model/ids.js";
import type { LoadSample } from "../model/load.js";

export interface Gauges {
  /** Endpoints that the report mentioned, each once. */
  readonly ids: readonly InstanceId[];
  /** In their order. */
  readonly inFlight: Float64Array;
}

export function gaugesOf(samples: ReadonlyMap<InstanceId, LoadSample>): Gauges {
  const inFlight = new Float64Array(samples.size);
  let i = 0;
  for (const sample of samples.values()) inFlight[i++] = sample.inFlight;
  return { ids: [...samples.keys()], inFlight };
}
