// Clients that count per locality, as gRPC does, get every instance as a locality of its own, named by its address
// (src/translate/grpc/assignment.ts). Here the name becomes an endpoint again. Whether there is such an instance is for
// the catalogue to say.
import { isIP } from "node:net";
import type { UpstreamLocalityStats } from "../gen/envoy/config/endpoint/v3/load_report.js";
import { endpointKey } from "../model/instance.js";
import type { LoadSample } from "../model/load.js";
import { NO_LATENCY } from "./load-sample.js";

const KEY = /^(?:\[([0-9a-f:.]{2,45})\]|([0-9.]{7,15})):([1-9]\d{0,4})$/;

/** The key of the endpoint that a locality stands for; undefined = it stands for none. */
export function endpointOfLocality({ locality }: Pick<UpstreamLocalityStats, "locality">): string | undefined {
  const [, v6, v4, port] = KEY.exec(locality?.subZone ?? "") ?? [];
  const address = v6 ?? v4 ?? "";
  if (isIP(address) !== (v6 === undefined ? 4 : 6) || Number(port) > 65_535) return undefined;
  return endpointKey(address, Number(port));
}

/** Without any latency: these clients measure none. */
export function sampleOfLocality(stats: UpstreamLocalityStats): LoadSample {
  return {
    successes: Number(stats.totalSuccessfulRequests),
    errors: Number(stats.totalErrorRequests),
    issued: Number(stats.totalIssuedRequests),
    inFlight: Number(stats.totalRequestsInProgress),
    latency: NO_LATENCY,
    failedLatency: NO_LATENCY,
    utilization: undefined,
  };
}
