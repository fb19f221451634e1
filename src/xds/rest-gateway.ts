// Discovery over plain HTTP: `POST /v3/discovery:clusters` and its fellows, with JSON or protobuf, as Envoy's `api_type:
// REST` speaks it. Paths are those of the HTTP annotations in Envoy's protos. 304 tells a client that it is up to date.
import type { IncomingMessage, ServerResponse } from "node:http";
import { status } from "@grpc/grpc-js";
import type { Engine } from "./engine.js";
import { answerFetch } from "./fetch.js";
import { fromJson, toJson } from "./json-transcoder.js";
import { DISCOVERY_SERVICES } from "./services.js";
import { invalidArgument, resourceExhausted, StreamError } from "./stream-error.js";

const PREFIX = "/v3/discovery:";
const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";

const byPath = new Map(
  DISCOVERY_SERVICES.flatMap((service) => (service.fetch ? [[service.fetch.rest, service] as const] : [])),
);

/** What a client is told when it is refused; all other codes are 500. */
const HTTP_STATUS = new Map<status, number>([
  [status.INVALID_ARGUMENT, 400],
  [status.UNAUTHENTICATED, 401],
  [status.PERMISSION_DENIED, 403],
  [status.NOT_FOUND, 404],
  [status.RESOURCE_EXHAUSTED, 413],
  [status.UNIMPLEMENTED, 406],
  [status.UNAVAILABLE, 503],
]);

export class RestGateway {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Answers a request of `node:http`, or of any framework built on it. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split("?", 1)[0] ?? "";
    const service = path.startsWith(PREFIX) ? byPath.get(path.slice(PREFIX.length)) : undefined;
    if (!service) return end(response, 404, `there is nothing at ${path.slice(0, 200)}`);
    if (request.method !== "POST") return end(response, 405, "use POST", { allow: "POST" });
    const mediaType = (request.headers["content-type"] ?? JSON_TYPE).split(";", 1)[0]?.trim().toLowerCase();
    const json = mediaType === JSON_TYPE;
    if (!json && mediaType !== PROTOBUF_TYPE) return end(response, 415, `send ${JSON_TYPE} or ${PROTOBUF_TYPE}`);
    if (request.headers["content-encoding"] !== undefined) return end(response, 415, "send it uncompressed");
    try {
      const body = await read(request, this.#engine.limits.maxRequestBytes);
      const { message, unchanged } = answerFetch(this.#engine, {
        bytes: json ? requestOf(body) : body,
        onlyType: service.onlyType ?? "",
        transport: `${service.label}-rest`,
        certificate: undefined,
        peer: `${request.socket.remoteAddress ?? ""}:${request.socket.remotePort ?? ""}`,
      });
      if (unchanged) return void response.writeHead(304).end();
      const content = json ? responseOf(message) : message;
      response.writeHead(200, { "content-type": json ? JSON_TYPE : PROTOBUF_TYPE }).end(content);
    } catch (thrown) {
      this.#refuse(response, thrown);
    }
  }

  #refuse(response: ServerResponse, thrown: unknown): void {
    const { metrics, logger } = this.#engine;
    const known = thrown instanceof StreamError;
    if (!known) logger.error({ err: thrown }, "xds fetch failed");
    const code = known ? thrown.code : status.INTERNAL;
    metrics.count("steelyard_xds_stream_errors_total", { status: status[code] });
    if (response.headersSent) response.destroy();
    else end(response, HTTP_STATUS.get(code) ?? 500, known ? thrown.message : "internal error");
  }
}

async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw invalidArgument("the body is no stream of bytes");
    bytes += chunk.length;
    if (bytes > maxBytes) throw resourceExhausted(`a request of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function requestOf(body: Buffer): Uint8Array {
  try {
    return fromJson("envoy.service.discovery.v3.DiscoveryRequest", body.toString("utf8"));
  } catch (thrown) {
    throw invalidArgument(`not a DiscoveryRequest in JSON: ${thrown instanceof Error ? thrown.message : "unreadable"}`);
  }
}

function responseOf(message: Uint8Array): string {
  try {
    return toJson("envoy.service.discovery.v3.DiscoveryResponse", message);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : "unreadable";
    throw new StreamError(status.UNIMPLEMENTED, `no JSON form, ask with ${PROTOBUF_TYPE}: ${why}`);
  }
}

function end(response: ServerResponse, code: number, text: string, headers: Record<string, string> = {}): void {
  const close = code === 413 ? { connection: "close" } : {}; // the rest of the body is not read
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8", ...headers, ...close }).end(`${text}\n`);
}
