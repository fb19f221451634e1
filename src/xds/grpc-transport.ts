// The gRPC edge of one stream: a plain grpc-js call of bytes. Events of the call become calls of the stream, nothing else.
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Draft } from "./channel.js";
import type { StreamTransport } from "./discovery-stream.js";
import type { StreamError } from "./stream-error.js";

export type BytesCall = ServerDuplexStream<Buffer, Buffer>;

export class GrpcTransport implements StreamTransport {
  readonly peer: string;
  readonly #call: BytesCall;

  constructor(call: BytesCall) {
    this.#call = call;
    this.peer = call.getPeer();
  }

  write(draft: Draft, written: () => void): void {
    this.#call.write(draft.message, (error: Error | null | undefined) => {
      if (!error) written(); // else the call closes, and with it the stream
    });
  }

  end(error?: StreamError): void {
    // grpc-js turns an `error` event with code and details into the status of the call.
    if (error)
      this.#call.emit("error", { name: error.name, message: error.message, code: error.code, details: error.message });
    else this.#call.end();
  }
}

/** The end of the stream that a call drives. */
interface Receiver {
  receive(bytes: Uint8Array): void;
  end(): void;
  release(): void;
}

export function connect(call: BytesCall, stream: Receiver): void {
  call.on("data", (bytes: Buffer) => stream.receive(bytes));
  call.on("end", () => stream.end());
  call.on("cancelled", () => stream.release());
  call.on("error", () => stream.release());
  call.on("close", () => stream.release());
}
