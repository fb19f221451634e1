// The quick gRPC edge of one stream: shared frames go to the HTTP/2 stream uncopied, requests are cut from it as they
// arrive. How the stream ends is still grpc-js's business. Invariant: nothing is written after the end has been asked for.
import type { ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { Draft } from "./draft.js";
import { type BytesCall, type CallTransport, endCall, type Receiver, releaseWith } from "./grpc-transport.js";
import { MessageReader } from "./message-reader.js";
import { StreamError } from "./stream-error.js";

export class Http2Transport implements CallTransport {
  readonly peer: string;
  readonly #call: BytesCall;
  readonly #stream: ServerHttp2Stream;
  readonly #maxRequestBytes: number;
  #written: () => void = () => undefined;
  /** One for all writes: a closure per write and stream is what a push would be full of. */
  readonly #confirm = (error: Error | null | undefined): void => {
    if (!error) this.#written(); // else the call closes, and with it the stream
  };

  /** `stream`: what `takeOver(call)` gave. */
  constructor(call: BytesCall, stream: ServerHttp2Stream, { maxRequestBytes }: { readonly maxRequestBytes: number }) {
    this.#call = call;
    this.#stream = stream;
    this.#maxRequestBytes = maxRequestBytes;
    this.peer = call.getPeer();
  }

  start(receiver: Receiver): void {
    const reader = new MessageReader(this.#maxRequestBytes);
    let failed = false;
    const onMessage = (message: Buffer): void => receiver.receive(message);
    this.#stream.on("data", (chunk: Buffer) => {
      if (failed) return;
      try {
        reader.read(chunk, onMessage);
      } catch (thrown) {
        failed = true;
        receiver.end(thrown instanceof StreamError ? thrown : new StreamError(status.INTERNAL, "internal error"));
      }
    });
    this.#stream.on("end", () => {
      if (failed) return;
      if (this.#stream.rstCode !== 0) return receiver.release(); // reset, not ended
      const cut = reader.truncated ? new StreamError(status.INTERNAL, "the last message is incomplete") : undefined;
      receiver.end(cut);
    });
    releaseWith(this.#call, receiver);
    this.#stream.resume();
  }

  drain(): void {
    this.#stream.resume();
  }

  write(draft: Draft, written: () => void): void {
    // A deadline ends the stream behind our back: what comes after that is never confirmed.
    if (this.#stream.writableEnded || this.#stream.destroyed) return;
    this.#written = written;
    this.#stream.write(draft.framed, this.#confirm);
  }

  end(error?: StreamError): void {
    endCall(this.#call, error);
  }
}
