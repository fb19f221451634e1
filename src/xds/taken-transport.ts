// A stream that was taken from a grpc-js call. How it ends is still grpc-js's business.
import type { ServerHttp2Stream } from "node:http2";
import { FrameTransport } from "./frame-transport.js";
import { type BytesCall, endCall, type Receiver, releaseWith } from "./grpc-transport.js";
import { certificateOf } from "./peer-certificate.js";
import type { StreamError } from "./stream-error.js";

export class TakenTransport extends FrameTransport {
  readonly peer: string;
  readonly #call: BytesCall;

  /** `stream`: what `takeOver(call)` gave. */
  constructor(call: BytesCall, stream: ServerHttp2Stream, limits: { readonly maxRequestBytes: number }) {
    super(stream, limits);
    this.#call = call;
    this.peer = call.getPeer();
  }

  get certificate(): Uint8Array | undefined {
    return certificateOf(this.#call);
  }

  override end(error?: StreamError): void {
    endCall(this.#call, error);
  }

  protected override releaseWithCall(receiver: Receiver): void {
    releaseWith(this.#call, receiver);
  }
}
