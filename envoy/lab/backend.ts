// A backend of the lab: an HTTP server with a number of slots, one FIFO queue, and a service time on timers, so that
// many of them fit into one core. Faults are switches: slower, failing at once, failing sometimes, hanging.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions as TlsOptions } from "node:https";
import type { Rng } from "../../src/runtime/rng.js";
import { listenOnLoopback } from "./listen.js";

/** Milliseconds that one request needs in a slot. */
export type ServiceTime = (rng: Rng) => number;

export const exponential =
  (meanMs: number): ServiceTime =>
  (rng) =>
    -meanMs * Math.log(1 - rng.next());

export const fixed =
  (ms: number): ServiceTime =>
  () =>
    ms;

export interface Fault {
  /** Factor on the service time of requests that start from now on; default 1. */
  readonly slowdown: number;
  /** Fraction of requests that fail with `failStatus` after `failAfterMs`, 0..1; default 0. */
  readonly failFraction: number;
  /** Default 503. */
  readonly failStatus: number;
  /** Milliseconds, without a slot; default 0. */
  readonly failAfterMs: number;
  /** Connections are reset as soon as a request has come over them. */
  readonly reset: boolean;
  /** Requests are accepted and never answered. */
  readonly hang: boolean;
}

const NO_FAULT: Fault = {
  slowdown: 1,
  failFraction: 0,
  failStatus: 503,
  failAfterMs: 0,
  reset: false,
  hang: false,
};

export interface LabBackendOptions {
  /** Sent back as `x-backend`; the path of the request as it arrived, as `x-path`. */
  readonly name: string;
  /** Requests served at the same time, >= 1. */
  readonly slots: number;
  readonly serviceTime: ServiceTime;
  readonly rng: Rng;
  /** Certificate, key, and which callers it asks for certificates. Default: plaintext. */
  readonly tls?: TlsOptions;
}

interface Waiting {
  readonly response: ServerResponse;
  readonly arrivedMs: number;
}

export class LabBackend {
  readonly name: string;
  readonly slots: number;
  readonly #options: LabBackendOptions;
  readonly #server: Server;
  readonly #queue: Waiting[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #fault = NO_FAULT;
  #busy = 0;
  #received = 0;
  #port = 0;

  constructor(options: LabBackendOptions) {
    this.name = options.name;
    this.slots = options.slots;
    this.#options = options;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#onRequest(request, response);
    this.#server = options.tls ? createTlsServer(options.tls, onRequest) : createServer(onRequest);
    // A backend that closes idle connections races with Envoy's pool and would cause errors of its own.
    this.#server.keepAliveTimeout = 0;
    this.#server.headersTimeout = 0;
    this.#server.requestTimeout = 0;
  }

  /** 0 until started. */
  get port(): number {
    return this.#port;
  }

  /** Requests that arrived since the start, whatever became of them. */
  get received(): number {
    return this.#received;
  }

  /** Requests in a slot or in the queue. */
  get inFlight(): number {
    return this.#busy + this.#queue.length;
  }

  get fault(): Fault {
    return this.#fault;
  }

  /** Port 0 = any. A port given again lets a backend come back where it was. */
  async start(port = 0): Promise<void> {
    this.#port = await listenOnLoopback(this.#server, port);
  }

  /** Switches the given faults; the others keep their state. */
  inject(fault: Partial<Fault>): void {
    this.#fault = { ...this.#fault, ...fault };
  }

  heal(): void {
    this.#fault = NO_FAULT;
  }

  /** Closes the port and every connection; what was in flight is cut off. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#queue.length = 0;
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#received += 1;
    request.resume();
    const { hang, reset, failFraction, failStatus, failAfterMs } = this.#fault;
    if (hang) return;
    if (reset) {
      request.socket.resetAndDestroy();
      return;
    }
    if (failFraction > 0 && this.#options.rng.next() < failFraction) {
      if (failAfterMs > 0) this.#after(failAfterMs, () => this.#answer(response, failStatus));
      else this.#answer(response, failStatus);
      return;
    }
    const waiting = { response, arrivedMs: performance.now() };
    if (this.#busy < this.slots) this.#serve(waiting, waiting.arrivedMs);
    else this.#queue.push(waiting);
  }

  #serve(waiting: Waiting, startMs: number): void {
    this.#busy += 1;
    const endMs = startMs + this.#options.serviceTime(this.#options.rng) * this.#fault.slowdown;
    this.#after(Math.max(0, endMs - performance.now()), () => {
      this.#busy -= 1;
      this.#answer(waiting.response, 200);
      this.#serveNext(endMs);
    });
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  /** Timers fire late; counting from the planned end keeps that from taking capacity away. */
  #serveNext(freeSinceMs: number): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.response.destroyed) continue; // the caller has gone
      this.#serve(next, Math.max(freeSinceMs, next.arrivedMs));
      return;
    }
  }

  #answer(response: ServerResponse, status: number): void {
    if (response.destroyed) return;
    const path = response.req.url ?? "";
    response.writeHead(status, {
      "x-backend": this.name,
      "x-path": path,
      "content-type": "text/plain",
      "content-length": "3",
    });
    response.end(status === 200 ? "ok\n" : "no\n");
  }
}
