// Finds the HTTP/2 stream below a grpc-js call, so that frames can be written to it as they are: grpc-js itself copies
// every message for every stream, and takes two promises and a pause to read one. Status, deadline, cancellation and
// headers stay with grpc-js. The way down is not part of its interface: every step is checked, and where one is not as
// expected the answer is `undefined` and the stream runs on the public interface. A test fails when that ever happens
// with the grpc-js we ship.
import type { ServerHttp2Stream } from "node:http2";
import { Metadata } from "@grpc/grpc-js";
import type { BytesCall } from "./grpc-transport.js";

/**
 * The stream of a call that nobody has read from, with its headers sent and paused; it is the caller's from here on.
 * `undefined`: a grpc-js of another shape, a client that compresses, or interceptors, which would no longer see messages.
 */
export function takeOver(call: BytesCall): ServerHttp2Stream | undefined {
  const inner = field(call, "call");
  if (field(inner, "nextCall") !== undefined) return undefined; // an interceptor
  if (field(inner, "incomingEncoding") !== "identity") return undefined;
  const { sendMetadata, sendStatus } = {
    sendMetadata: field(inner, "sendMetadata"),
    sendStatus: field(inner, "sendStatus"),
  };
  if (typeof sendMetadata !== "function" || typeof sendStatus !== "function") return undefined;
  const queue = field(inner, "readQueue");
  if (!Array.isArray(queue) || queue.length > 0) return undefined;
  const stream = field(inner, "stream");
  if (!isUntouchedStream(stream)) return undefined;
  call.sendMetadata(new Metadata());
  if (!stream.headersSent) return undefined;
  stream.removeAllListeners("data");
  return stream;
}

/** grpc-js has one listener for data, and has paused the stream before any could arrive. */
function isUntouchedStream(value: unknown): value is ServerHttp2Stream {
  if (typeof value !== "object" || value === null) return false;
  const { respond, write, resume, listenerCount } = {
    respond: field(value, "respond"),
    write: field(value, "write"),
    resume: field(value, "resume"),
    listenerCount: field(value, "listenerCount"),
  };
  if ([respond, write, resume, listenerCount].some((method) => typeof method !== "function")) return false;
  const stream = value as ServerHttp2Stream;
  return stream.isPaused() && !stream.readableDidRead && stream.listenerCount("data") === 1 && !stream.destroyed;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
