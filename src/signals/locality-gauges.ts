// Requests in flight, where a client says nothing of a locality in which no call began or ended: so grpc-js does, and a
// backend that hangs would look idle. Since nothing began and nothing ended there, what was in flight still is.
import type { LoadReport, LoadSample } from "../model/load.js";
import { NO_LATENCY } from "./load-sample.js";

/** Localities with something in flight that one stream may make us remember. */
const MAX_HELD = 2_000;

export class LocalityGauges {
  readonly #held = new Map<string, Map<string, number>>();
  #size = 0;

  /** The report of one cluster, with the gauges of those it does not mention. */
  complete(report: LoadReport): LoadReport {
    const before = this.#held.get(report.cluster) ?? new Map<string, number>();
    const endpoints = new Map(report.endpoints);
    for (const [endpoint, inFlight] of before) {
      if (!endpoints.has(endpoint)) endpoints.set(endpoint, holding(inFlight));
    }
    this.#remember(report.cluster, before.size, endpoints);
    return { ...report, endpoints };
  }

  #remember(cluster: string, sizeBefore: number, endpoints: ReadonlyMap<string, LoadSample>): void {
    this.#size -= sizeBefore;
    const held = new Map<string, number>();
    for (const [endpoint, { inFlight }] of endpoints) {
      if (inFlight > 0 && this.#size + held.size < MAX_HELD) held.set(endpoint, inFlight);
    }
    this.#size += held.size;
    if (held.size > 0) this.#held.set(cluster, held);
    else this.#held.delete(cluster);
  }
}

function holding(inFlight: number): LoadSample {
  return {
    successes: 0,
    errors: 0,
    issued: 0,
    inFlight,
    latency: NO_LATENCY,
    failedLatency: NO_LATENCY,
    utilization: undefined,
  };
}
