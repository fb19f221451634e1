// The quick gRPC edge of one stream: shared frames go to the HTTP/2 stream uncopied, requests are cut from it as they
// arrive. Invariant: nothing is written after the end has been asked for.
import { constants, type ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { Draft } from "./draft.js";
import type { CallTransport, Receiver } from "./grpc-transport.js";
import { MessageReader } from "./message-reader.js";
import { StreamError } from "./stream-error.js";
import type { Writer } from "./stream-writer.js";

export abstract class FrameTransport implements CallTransport {
  abstract readonly peer: string;
  abstract readonly certificate: Uint8Array | undefined;
  protected readonly stream: ServerHttp2Stream;
  readonly #reader: MessageReader;
  #receiver: Receiver | undefined;
  #queue: ServerHttp2Stream["push"] = () => false;
  #writer: Writer | undefined;

  constructor(stream: ServerHttp2Stream, { maxRequestBytes }: { readonly maxRequestBytes: number }) {
    this.stream = stream;
    this.#reader = new MessageReader(maxRequestBytes);
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.releaseWithCall(receiver);
    this.#queue = this.stream.push.bind(this.stream);
    // Node hands what it has read to `push`. Taken there, it does not go through a queue and an event that nobody needs:
    // a fifteenth of the cost of a push with its acknowledgement. The end takes the usual way.
    this.stream.push = this.#read;
    this.stream.on("end", () => this.#end());
    this.stream.resume();
  }

  drain(): void {
    this.stream.resume();
  }

  write(draft: Draft, writer: Writer): void {
    // A deadline ends the stream behind our back: what comes after that is never confirmed.
    if (this.stream.writableEnded || this.stream.destroyed) return;
    this.#writer = writer;
    this.stream.write(draft.framed, this.#confirm);
  }

  abstract end(error?: StreamError): void;

  cut(error: StreamError): void {
    this.end(error);
    this.stream.close(constants.NGHTTP2_CANCEL); // the status would wait behind what is not read
  }

  retire(error: StreamError): void {
    this.end(error);
    this.stream.session?.close(); // GOAWAY; other streams on the connection end in their own time
  }

  /** However the call ends, it lets go of `receiver`. */
  protected abstract releaseWithCall(receiver: Receiver): void;

  readonly #read = (chunk: unknown): boolean => {
    if (!Buffer.isBuffer(chunk)) return this.#queue(chunk);
    const receiver = this.#receiver;
    if (!receiver) return true;
    try {
      this.#reader.read(chunk, this.#deliver);
    } catch (thrown) {
      this.#receiver = undefined;
      receiver.end(thrown instanceof StreamError ? thrown : new StreamError(status.INTERNAL, "internal error"));
    }
    return true;
  };

  readonly #deliver = (message: Buffer): void => this.#receiver?.receive(message);

  /** One for all writes: a closure per write and stream is what a push would be full of. */
  readonly #confirm = (error: Error | null | undefined): void => {
    if (!error) this.#writer?.written(); // else the call closes, and with it the stream
  };

  #end(): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    if (this.stream.rstCode !== 0)
      receiver.release(); // reset, not ended
    else if (this.#reader.truncated) {
      receiver.end(new StreamError(status.INTERNAL, "the last message is incomplete"));
    } else receiver.end();
  }
}
