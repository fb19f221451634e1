// A gRPC call as plain HTTP/2: for bytes that no gRPC library would send.
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { XdsVariant } from "./xds-messages.js";
import { until } from "./xds-rig.js";

const METHODS = { sotw: "StreamAggregatedResources", delta: "DeltaAggregatedResources" } as const;

interface RawCallOptions {
  readonly variant?: XdsVariant;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a connection of its own. */
  readonly session?: ClientHttp2Session;
}

export class RawCall {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  readonly #port: number;
  readonly #options: RawCallOptions;
  status: string | undefined;
  bytes = 0;

  constructor(port: number, options: RawCallOptions = {}) {
    const { variant = "sotw", headers = {}, session } = options;
    this.#port = port;
    this.#options = options;
    this.session = session ?? connect(`http://127.0.0.1:${port}`);
    if (!session) this.session.on("error", () => undefined);
    this.stream = this.session.request({
      ":method": "POST",
      ":path": `/envoy.service.discovery.v3.AggregatedDiscoveryService/${METHODS[variant]}`,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    this.stream.on("data", (chunk: Buffer) => (this.bytes += chunk.length));
    this.stream.on("response", (answer) => (this.status ??= answer["grpc-status"]?.toString()));
    this.stream.on("trailers", (trailers) => (this.status = trailers["grpc-status"]?.toString()));
    this.stream.on("error", () => undefined);
  }

  /** A call of the same kind on the same connection. */
  another(): RawCall {
    return new RawCall(this.#port, { ...this.#options, session: this.session });
  }

  async ended(): Promise<string> {
    await until(() => this.status !== undefined, "a status");
    return status[Number(this.status)] ?? "no such status";
  }

  close(): void {
    this.session.destroy();
  }
}
