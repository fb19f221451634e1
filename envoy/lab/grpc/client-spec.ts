// What the gRPC client process is told, and what it tells.
import type { RequestRecord } from "../request-log.js";

export interface GrpcClientSpec {
  /** Of the channel: `xds:///shop`, `127.0.0.1:10000`. */
  readonly target: string;
  /** Host that calls are for; default: as the target says. */
  readonly authority?: string;
  /** `target` of the records. */
  readonly service: string;
  /** Poisson arrivals per second, whatever becomes of the calls. */
  readonly rateRps: number;
  readonly seed: number;
  /** Deadline of each call, milliseconds. */
  readonly timeoutMs: number;
  /** Calls carry this header, with `count` values in turn; the records' `target` is then the value. */
  readonly keys?: { readonly header: string; readonly count: number };
}

/** Of a record, `status` is 200 for OK, and 500 + the code of gRPC otherwise. */
export interface GrpcClientMessage {
  readonly records: readonly RequestRecord[];
}
