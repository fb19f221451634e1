// One request over HTTP/2 on a connection of its own, with prior knowledge (RFC 9113, 3.3) or over TLS. Ends when the
// answer is complete or longer than any answer to a probe can be.
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { hostPort } from "../model/address.js";
import { failedConnection, type ProbeOutcome, refusal } from "./outcome.js";
import type { ProbeTarget } from "./target.js";
import { tlsOptions } from "./tls.js";

export const PROBE_USER_AGENT = "steelyard-probe";

const MAX_BODY_BYTES = 4_096;
const MAX_HEADER_PAIRS = 64;
/** Megabytes; the least that Node takes. */
const MAX_SESSION_MEMORY_MB = 1;

export type Http2Answer =
  | {
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly trailers: IncomingHttpHeaders;
      readonly body: Buffer;
    }
  | { readonly failure: ProbeOutcome };

/** Never rejects. */
export function http2Exchange(
  target: ProbeTarget,
  headers: OutgoingHttpHeaders,
  body: Buffer | undefined,
  signal: AbortSignal,
): Promise<Http2Answer> {
  return new Promise((resolve) => {
    const session = open(target);
    const abort = (): void => session.destroy();
    signal.addEventListener("abort", abort, { once: true });
    const settle = (answer: Http2Answer): void => {
      resolve(answer);
      session.destroy();
    };
    const fail = (thrown?: unknown): void => settle({ failure: failedConnection(thrown) });
    session.on("error", fail);
    session.on("close", () => {
      signal.removeEventListener("abort", abort);
      fail();
    });
    const stream = session.request(
      { ":scheme": target.tls === undefined ? "http" : "https", "user-agent": PROBE_USER_AGENT, ...headers },
      { endStream: body === undefined },
    );
    const chunks: Buffer[] = [];
    let length = 0;
    let answered: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders = {};
    stream.on("response", (received) => {
      answered = received;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) settle({ failure: refusal(`more than ${MAX_BODY_BYTES} bytes of answer`) });
      else chunks.push(chunk);
    });
    stream.on("error", fail);
    stream.on("end", () => {
      if (answered === undefined) return;
      settle({ status: Number(answered[":status"]), headers: answered, trailers, body: Buffer.concat(chunks) });
    });
    if (body !== undefined) stream.end(body);
  });
}

function open({ address, port, tls }: ProbeTarget): ClientHttp2Session {
  return connect(`${tls === undefined ? "http" : "https"}://${hostPort(address, port)}`, {
    settings: { enablePush: false },
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
    maxHeaderListPairs: MAX_HEADER_PAIRS,
    ...(tls === undefined ? {} : { ...tlsOptions(tls), ALPNProtocols: ["h2"] }),
  });
}
