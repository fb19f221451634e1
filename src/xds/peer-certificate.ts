// The certificate of the client behind a call. Read when somebody asks: it is parsed anew each time.
import type { ServerUnaryCall } from "@grpc/grpc-js";

/** DER; undefined in plaintext, or when the client has shown none that TLS could verify. */
export function certificateOf(call: Pick<ServerUnaryCall<unknown, unknown>, "getAuthContext">): Uint8Array | undefined {
  return call.getAuthContext().sslPeerCertificate?.raw;
}
