// Load of services that Envoy passes connections on to. It counts those that were opened and those that are open, and no
// end of any: read as requests, long connections would look like requests that hang. One that was opened counts as
// done; how long it lasts says nothing about the instance. How many are open is kept as the gauge, for drains to wait for.
import type { LoadSample } from "../model/load.js";
import { NO_LATENCY } from "./load-sample.js";

export function sampleOfConnections({ issued, errors, inFlight }: LoadSample): LoadSample {
  return { successes: issued, errors, issued, inFlight, latency: NO_LATENCY, failedLatency: NO_LATENCY };
}
