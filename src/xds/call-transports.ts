// Chooses the write path of each stream, and makes it known when the quick one is closed: a server that has become three
// times as expensive must not keep that to itself.
import type { ServerHttp2Stream } from "node:http2";
import type { Logger } from "../runtime/logger.js";
import { DirectTransport } from "./direct-transport.js";
import { type BytesCall, type CallTransport, GrpcTransport } from "./grpc-transport.js";
import type { StreamMeter } from "./stream-meter.js";
import { TakenTransport } from "./taken-transport.js";
import { takeOver } from "./takeover.js";

export type WritePath = "http2" | "grpc-js";

interface CallTransportsOptions {
  readonly writePath: WritePath;
  readonly limits: { readonly maxRequestBytes: number };
  readonly logger: Logger;
  readonly meter: StreamMeter;
}

export class CallTransports {
  readonly #options: CallTransportsOptions;
  #told = false;

  constructor(options: CallTransportsOptions) {
    this.#options = options;
  }

  of(call: BytesCall): CallTransport {
    const { writePath, limits, meter } = this.#options;
    const stream = writePath === "http2" ? takeOver(call) : undefined;
    meter.path(stream ? "http2" : "grpc-js");
    if (stream) return new TakenTransport(call, stream, limits);
    if (writePath === "http2") this.#tell();
    return new GrpcTransport(call);
  }

  /** Of a stream that grpc-js has not seen. */
  direct(stream: ServerHttp2Stream): CallTransport {
    this.#options.meter.path("direct");
    return new DirectTransport(stream, this.#options.limits);
  }

  #tell(): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.logger.warn(
      {},
      "xds streams are written through grpc-js, which copies every response: compressed requests, interceptors, or an unknown grpc-js",
    );
  }
}
