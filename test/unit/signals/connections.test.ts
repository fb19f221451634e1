// Counters of connections, read as what they are.
import { expect, test } from "@jest/globals";
import { sampleOfConnections } from "../../../src/signals/connections.js";
import { NO_LATENCY } from "../../../src/signals/load-sample.js";

test("open connections are no hanging requests, and one that was opened went well", () => {
  const sample = {
    successes: 0,
    errors: 2,
    issued: 40,
    inFlight: 1_000,
    latency: { count: 3, sumMs: 9 },
    failedLatency: NO_LATENCY,
    utilization: undefined,
  };
  expect(sampleOfConnections(sample)).toEqual({
    successes: 40,
    errors: 2,
    issued: 40,
    inFlight: 0,
    latency: NO_LATENCY,
    failedLatency: NO_LATENCY,
  });
});
