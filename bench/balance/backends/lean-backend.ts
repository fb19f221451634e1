// One backend: slots, one FIFO queue, exponential service times, and faults as switches; envoy/lab/backend.ts on bare
// sockets, at a tenth of the cost, because 45 of these share half a core with everything else. Envoy never pipelines, so
// a connection has at most one request at a time.
import { createServer, type Server, type Socket } from "node:net";
import { listenOnLoopback } from "../../../envoy/lab/listen.js";
import type { Rng } from "../../../src/runtime/rng.js";
import type { DeadlineHeap } from "../deadline-heap.js";
import { ArrivalSeries } from "./arrival-series.js";
import type { OrcaLoad } from "./orca-load.js";
import { RequestEnd } from "./request-end.js";

export interface BackendFault {
  /** Factor on the service time of requests that start from now on; default 1. */
  readonly slowdown: number;
  /** The slowdown fades linearly to 1 over this time, milliseconds; 0 = it stays. Default 0. */
  readonly fadeMs: number;
  /** Fraction of requests answered with 503 at once, 0..1; default 0. */
  readonly failFraction: number;
  /** Requests are accepted and never answered. */
  readonly hang: boolean;
}

const NO_FAULT: BackendFault = { slowdown: 1, fadeMs: 0, failFraction: 0, hang: false };

interface Connection {
  readonly socket: Socket;
  open: boolean;
}

/** A request in a slot, due when its planned service ends. */
export interface Job {
  readonly backend: LeanBackend;
  readonly connection: Connection;
  readonly dueMs: number;
}

interface Waiting {
  readonly connection: Connection;
  readonly arrivedMs: number;
}

export interface LeanBackendOptions {
  /** 0..99: answers say `bNN`, so that the generator knows who answered. */
  readonly index: number;
  readonly slots: number;
  readonly serviceMeanMs: number;
  readonly rng: Rng;
  readonly nowMs: () => number;
  /** Shared by all backends of the process; its owner calls `finish` for what is due. */
  readonly jobs: DeadlineHeap<Job>;
  /** Called whenever the process is awake: whatever is due may be finished. */
  readonly onWake: () => void;
  /** Load reports in the answers; default: none. */
  readonly orca?: OrcaLoad;
  readonly arrivalStepMs: number;
}

export class LeanBackend {
  readonly arrivals: ArrivalSeries;
  readonly #options: LeanBackendOptions;
  readonly #connections = new Set<Connection>();
  readonly #server: Server;
  readonly #answers: { readonly ok: string; readonly failed: string };
  readonly #queue: Waiting[] = [];
  #queueHead = 0;
  #fault = NO_FAULT;
  #faultSinceMs = 0;
  #busy = 0;
  #port = 0;

  constructor(options: LeanBackendOptions) {
    this.#options = options;
    this.arrivals = new ArrivalSeries(options.arrivalStepMs);
    const body = `b${String(options.index).padStart(2, "0")}`;
    const rest = `content-length: ${body.length}\r\n\r\n${body}`;
    this.#answers = {
      ok: `HTTP/1.1 200 OK\r\n${rest}`,
      failed: `HTTP/1.1 503 Service Unavailable\r\n${rest}`,
    };
    this.#server = createServer({ noDelay: true }, (socket) => this.#onConnection(socket));
  }

  /** 0 before the first opening. */
  get port(): number {
    return this.#port;
  }

  /** Opens the port it had before, or any free one. */
  async open(): Promise<void> {
    this.#port = await listenOnLoopback(this.#server, this.#port);
  }

  /** Closes the port and every connection, as the end of a process would. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.#connections) socket.destroy();
    await closed;
  }

  /** Switches the given faults on; those of before are gone. */
  inject(fault: Partial<BackendFault>): void {
    this.#fault = { ...NO_FAULT, ...fault };
    this.#faultSinceMs = this.#options.nowMs();
  }

  heal(): void {
    this.#fault = NO_FAULT;
  }

  /** For what `jobs` says is due. */
  finish(job: Job): void {
    const nowMs = this.#options.nowMs();
    this.#options.orca?.advance(nowMs, this.#busy);
    this.#busy -= 1;
    this.#answer(job.connection, true);
    this.#serveNext(job.dueMs, nowMs);
  }

  #onConnection(socket: Socket): void {
    const connection: Connection = { socket, open: true };
    const end = new RequestEnd();
    this.#connections.add(connection);
    socket.on("data", (chunk: Buffer) => {
      if (end.completes(chunk)) this.#onRequest(connection);
      this.#options.onWake();
    });
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      connection.open = false;
      this.#connections.delete(connection);
    });
  }

  #onRequest(connection: Connection): void {
    const nowMs = this.#options.nowMs();
    this.arrivals.add(nowMs);
    if (this.#fault.hang) return;
    this.#options.orca?.advance(nowMs, this.#busy);
    if (this.#fault.failFraction > 0 && this.#options.rng.next() < this.#fault.failFraction) {
      this.#answer(connection, false);
      return;
    }
    if (this.#busy < this.#options.slots) this.#serve(connection, nowMs, nowMs);
    else this.#queue.push({ connection, arrivedMs: nowMs });
  }

  #serve(connection: Connection, startMs: number, nowMs: number): void {
    this.#busy += 1;
    const { rng, serviceMeanMs, jobs } = this.#options;
    const serviceMs = -serviceMeanMs * Math.log(1 - rng.next()) * this.#slowdown(nowMs);
    jobs.push({ backend: this, connection, dueMs: startMs + serviceMs });
  }

  /** Timers ring late; counting from the planned end keeps that from taking capacity away. */
  #serveNext(freeSinceMs: number, nowMs: number): void {
    while (this.#queueHead < this.#queue.length) {
      const next = this.#queue[this.#queueHead] as Waiting;
      this.#queueHead += 1;
      if (!next.connection.open) continue; // the caller has gone
      this.#serve(next.connection, Math.max(freeSinceMs, next.arrivedMs), nowMs);
      if (this.#queueHead < 1_024) return;
      break;
    }
    this.#queue.splice(0, this.#queueHead);
    this.#queueHead = 0;
  }

  #slowdown(nowMs: number): number {
    const { slowdown, fadeMs } = this.#fault;
    if (fadeMs === 0) return slowdown;
    return 1 + (slowdown - 1) * Math.max(0, 1 - (nowMs - this.#faultSinceMs) / fadeMs);
  }

  #answer({ socket, open }: Connection, success: boolean): void {
    const { orca } = this.#options;
    orca?.completed(success);
    if (!open) return;
    const answer = success ? this.#answers.ok : this.#answers.failed;
    // Spliced in before the length: the header changes, the rest never does.
    const text =
      orca === undefined
        ? answer
        : answer.replace("content-length", `endpoint-load-metrics: ${orca.text()}\r\ncontent-length`);
    socket.write(text, "latin1");
  }
}
