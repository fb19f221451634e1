// The gRPC edge of one stream: a plain grpc-js call of bytes. Events of the call become calls of the stream, nothing else.
// It needs nothing but the public interface of grpc-js; `Http2Transport` is the quicker way, where it is open.
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { StreamTransport } from "./discovery-stream.js";
import type { Draft } from "./draft.js";
import { certificateOf } from "./peer-certificate.js";
import type { StreamError } from "./stream-error.js";
import type { Writer } from "./stream-writer.js";

export type BytesCall = ServerDuplexStream<Buffer, Buffer>;

/** The end of the stream that a call drives. */
export interface Receiver {
  receive(bytes: Uint8Array): void;
  /** The client has said all it will; with an error when its last words were cut off or unreadable. */
  end(error?: StreamError): void;
  release(): void;
}

/** A transport that was not read from yet. */
export interface CallTransport extends StreamTransport {
  /** Hands all that the client sends to `receiver`. */
  start(receiver: Receiver): void;
  /** For a stream that was ended before it began: what the client still sends is of no interest. */
  drain(): void;
}

export class GrpcTransport implements CallTransport {
  readonly peer: string;
  readonly #call: BytesCall;

  constructor(call: BytesCall) {
    this.#call = call;
    this.peer = call.getPeer();
  }

  get certificate(): Uint8Array | undefined {
    return certificateOf(this.#call);
  }

  start(receiver: Receiver): void {
    this.#call.on("data", (bytes: Buffer) => receiver.receive(bytes));
    this.#call.on("end", () => receiver.end());
    releaseWith(this.#call, receiver);
  }

  drain(): void {
    this.#call.resume();
  }

  write(draft: Draft, writer: Writer): void {
    this.#call.write(draft.message, (error: Error | null | undefined) => {
      if (!error) writer.written(); // else the call closes, and with it the stream
    });
  }

  end(error?: StreamError): void {
    endCall(this.#call, error);
  }

  // grpc-js has no words for either in its public interface: what is queued stays until the connection goes.
  cut(error: StreamError): void {
    endCall(this.#call, error);
  }

  retire(error: StreamError): void {
    endCall(this.#call, error);
  }
}

/** Ends a call with OK or with the error's status, after all that was written. */
export function endCall(call: BytesCall, error?: StreamError): void {
  // grpc-js turns an `error` event with code and details into the status of the call.
  if (error) call.emit("error", { name: error.name, message: error.message, code: error.code, details: error.message });
  else call.end();
}

/** However a call ends, it lets go of its stream. */
export function releaseWith(call: BytesCall, receiver: Receiver): void {
  const release = (): void => receiver.release();
  call.on("cancelled", release);
  call.on("error", release);
  call.on("close", release);
}
