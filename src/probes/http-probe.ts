// A GET whose status code is the answer. HTTP/1.1 on a connection of its own, HTTP/2 where the service speaks that. No
// redirect is followed: where it leads is not the instance. Of the body nothing counts, and no more than a little is read.
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { http2Exchange, PROBE_USER_AGENT } from "./http2-exchange.js";
import { failedConnection, HEALTHY, type ProbeOutcome, refusal } from "./outcome.js";
import type { Probe, ProbeTarget } from "./target.js";
import { tlsOptions } from "./tls.js";

export interface HttpCheck {
  readonly path: string;
  /** Default: the service's name. */
  readonly host?: string | undefined;
  readonly statuses: readonly number[];
}

const MAX_HEADER_BYTES = 16_384;
/** Read on after the verdict, so that a backend with a short body sees its answer taken. */
const MAX_BODY_BYTES = 16_384;

export function httpProbe(check: HttpCheck): Probe {
  return (target, signal) =>
    target.protocol === "http2" ? overHttp2(check, target, signal) : overHttp1(check, target, signal);
}

function overHttp1(
  { path, host, statuses }: HttpCheck,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const { address, port, tls, service } = target;
    const options = {
      host: address,
      port,
      path,
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { host: host ?? service, "user-agent": PROBE_USER_AGENT, connection: "close" },
    };
    const request =
      tls === undefined ? httpRequest(options) : httpsRequest({ ...options, ...tlsOptions(tls), agent: false });
    const abort = (): void => void request.destroy();
    signal.addEventListener("abort", abort, { once: true });
    request.on("response", (response) => {
      resolve(verdictOf(response.statusCode ?? 0, statuses));
      drain(response);
    });
    request.on("upgrade", (_response, socket) => {
      resolve(refusal("switched protocols"));
      socket.destroy();
    });
    request.on("error", (error) => resolve(failedConnection(error)));
    request.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(failedConnection(undefined));
    });
    request.end();
  });
}

async function overHttp2(
  { path, host, statuses }: HttpCheck,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const headers = { ":method": "GET", ":path": path, ":authority": host ?? target.service };
  const answer = await http2Exchange(target, headers, undefined, signal);
  return "failure" in answer ? answer.failure : verdictOf(answer.status, statuses);
}

function verdictOf(status: number, statuses: readonly number[]): ProbeOutcome {
  return statuses.includes(status) ? HEALTHY : refusal(`HTTP ${status}`);
}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) response.destroy();
  });
  response.on("error", () => undefined);
}
