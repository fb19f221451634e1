// Streams of known methods go from the HTTP/2 server straight to whom they concern; all others, to grpc-js as before. A
// fifth of the cost of a connect storm is what grpc-js builds around a call and nobody here uses. The listener of grpc-js
// is not part of its interface: each step is checked, and where one is not as expected nothing is changed and streams come
// by way of grpc-js (`takeover.ts`). A test fails when that ever happens with the grpc-js we ship.
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server, ServerCredentials } from "@grpc/grpc-js";

export type StreamOpener = (stream: ServerHttp2Stream) => void;

type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: unknown[]) => void;

/**
 * Hands streams of `methods` (by path) that need nothing of grpc-js to their openers.
 * @returns false when grpc-js has another shape, or interceptors have to see the calls
 */
export function serveDirectly(
  grpc: Server,
  credentials: ServerCredentials,
  methods: ReadonlyMap<string, StreamOpener>,
): boolean {
  if (!withoutInterceptors(credentials)) return false;
  const servers = (grpc as unknown as Readonly<Record<string, unknown>>)["http2Servers"];
  if (!(servers instanceof Map) || servers.size === 0) return false;
  const found = [...servers.keys()].map((server: Http2Server) => ({ server, listener: onlyListener(server) }));
  if (found.some(({ listener }) => listener === undefined)) return false;
  for (const { server, listener } of found) {
    server.removeAllListeners("stream");
    server.on("stream", (stream, headers, ...rest: unknown[]) => {
      const open = isPlain(headers) ? methods.get(headers[":path"] ?? "") : undefined;
      if (open) open(stream);
      else listener?.(stream, headers, ...rest);
    });
  }
  return true;
}

/** Deadlines, compression and what is not gRPC stay with grpc-js. */
function isPlain(headers: IncomingHttpHeaders): boolean {
  const { "content-type": contentType, "grpc-encoding": encoding = "identity", "grpc-timeout": timeout } = headers;
  return contentType?.startsWith("application/grpc") === true && encoding === "identity" && timeout === undefined;
}

function onlyListener(server: unknown): StreamListener | undefined {
  const listeners = (server as Partial<Http2Server>).listeners?.("stream") ?? [];
  return listeners.length === 1 ? (listeners[0] as StreamListener) : undefined;
}

function withoutInterceptors(credentials: ServerCredentials): boolean {
  const read = (credentials as unknown as Readonly<Record<string, unknown>>)["_getInterceptors"];
  if (typeof read !== "function") return false;
  const interceptors: unknown = read.call(credentials);
  return Array.isArray(interceptors) && interceptors.length === 0;
}
