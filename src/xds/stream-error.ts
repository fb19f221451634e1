// The only error that ends a stream on purpose. Whatever ends one stream leaves all others alone.
import { status } from "@grpc/grpc-js";

export class StreamError extends Error {
  override readonly name = "StreamError";
  /** gRPC status code that the client sees. */
  readonly code: status;

  /** Callbacks and `audienceOf` throw it to refuse a stream, e.g. `new StreamError(status.PERMISSION_DENIED, "…")`. */
  constructor(code: status, details: string) {
    super(details);
    this.code = code;
  }
}

export const invalidArgument = (details: string): StreamError => new StreamError(status.INVALID_ARGUMENT, details);

export const resourceExhausted = (details: string): StreamError => new StreamError(status.RESOURCE_EXHAUSTED, details);
