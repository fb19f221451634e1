// A stream that never was a grpc-js call: headers, status and trailers are sent from here, as the gRPC protocol over HTTP/2
// has them (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).
import { constants, type ServerHttp2Stream } from "node:http2";
import { TLSSocket } from "node:tls";
import { status } from "@grpc/grpc-js";
import { FrameTransport } from "./frame-transport.js";
import type { Receiver } from "./grpc-transport.js";
import type { StreamError } from "./stream-error.js";

const HEADERS = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
};
const WITH_TRAILERS = { waitForTrailers: true };

export class DirectTransport extends FrameTransport {
  readonly peer: string;
  #ended = false;

  constructor(stream: ServerHttp2Stream, limits: { readonly maxRequestBytes: number }) {
    super(stream, limits);
    const socket = stream.session?.socket;
    this.peer = socket?.remoteAddress === undefined ? "unknown" : `${socket.remoteAddress}:${socket.remotePort}`;
    stream.on("error", ignored);
    stream.respond(HEADERS, WITH_TRAILERS);
  }

  get certificate(): Uint8Array | undefined {
    const socket = this.stream.session?.socket;
    if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
    return socket.getPeerCertificate().raw; // undefined when there is none, whatever its type says
  }

  override end(error?: StreamError): void {
    const { stream } = this;
    if (this.#ended || stream.destroyed || stream.closed) return;
    this.#ended = true;
    stream.once("wantTrailers", () => {
      stream.sendTrailers({
        "grpc-status": error?.code ?? status.OK,
        "grpc-message": encodeURI(error?.message.toWellFormed() ?? "OK"),
      });
    });
    stream.end();
    stream.resume(); // what the client still says is of no interest, and holds up its half of the end
  }

  protected override releaseWithCall(receiver: Receiver): void {
    this.stream.on("close", () => receiver.release());
  }
}

/** Its `close` follows, and that is listened to. */
const ignored = (): void => undefined;
