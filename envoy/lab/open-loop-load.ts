// Open-loop load: Poisson arrivals at times fixed by the seed, whatever the answers do. Each arrival sends one request to
// every target, so that two targets see the same load at the same instants and can be compared pair by pair.
import { Agent, request } from "node:http";
import type { Rng } from "../../src/runtime/rng.js";
import type { RequestRecord } from "./request-log.js";

export interface LoadTarget {
  readonly name: string;
  readonly port: number;
  /** Host header; default: the name. */
  readonly host?: string;
  readonly path?: string;
}

export interface OpenLoopLoadOptions {
  readonly targets: readonly LoadTarget[];
  /** Arrivals per second, > 0. */
  readonly rateRps: number;
  readonly rng: Rng;
  /** Given each finished request. */
  readonly onRecord: (record: RequestRecord) => void;
  /** Milliseconds until an unanswered request counts as failed; default 20,000. */
  readonly timeoutMs?: number;
}

/** Per target; beyond it a request counts as failed at once, so that a dead target cannot eat our memory. */
const MAX_IN_FLIGHT = 10_000;

interface Flight {
  readonly target: LoadTarget;
  readonly dueMs: number;
  readonly abort: () => void;
}

export class OpenLoopLoad {
  readonly #options: OpenLoopLoadOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #flights = new Set<Flight>();
  #timer: NodeJS.Timeout | undefined;
  #nextDueMs = 0;

  constructor(options: OpenLoopLoadOptions) {
    this.#options = options;
    for (const { name } of options.targets) {
      this.#agents.set(name, new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, scheduling: "lifo" }));
    }
  }

  /** Milliseconds since the epoch with sub-millisecond steps, monotonic within this process: the time line of `dueMs`. */
  static nowMs(): number {
    return performance.timeOrigin + performance.now();
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  start(): void {
    this.#nextDueMs = OpenLoopLoad.nowMs() + this.#gapMs();
    this.#plan();
  }

  /** No new arrivals; what is in flight goes on. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Waits up to `drainMs` for what is in flight, then records the rest as unfinished with its age. */
  async stop(drainMs = 2_000): Promise<void> {
    this.pause();
    const deadlineMs = performance.now() + drainMs;
    while (this.#flights.size > 0 && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const flight of this.#flights) {
      this.#record(flight, 0, "");
      flight.abort();
    }
    for (const agent of this.#agents.values()) agent.destroy();
  }

  #plan(): void {
    this.#timer = setTimeout(() => this.#sendDue(), Math.max(0, this.#nextDueMs - OpenLoopLoad.nowMs()));
  }

  #sendDue(): void {
    const nowMs = OpenLoopLoad.nowMs();
    while (this.#nextDueMs <= nowMs) {
      for (const target of this.#options.targets) this.#send(target, this.#nextDueMs);
      this.#nextDueMs += this.#gapMs();
    }
    this.#plan();
  }

  #gapMs(): number {
    return (-1000 * Math.log(1 - this.#options.rng.next())) / this.#options.rateRps;
  }

  #send(target: LoadTarget, dueMs: number): void {
    if (this.#flights.size >= MAX_IN_FLIGHT * this.#options.targets.length) {
      this.#options.onRecord({ target: target.name, dueMs, latencyMs: 0, status: 0, backend: "" });
      return;
    }
    const outgoing = request({
      host: "127.0.0.1",
      port: target.port,
      path: target.path ?? "/",
      headers: { host: target.host ?? target.name },
      agent: this.#agents.get(target.name),
      timeout: this.#options.timeoutMs ?? 20_000,
    });
    const flight: Flight = { target, dueMs, abort: () => outgoing.destroy() };
    this.#flights.add(flight);
    outgoing.once("response", (response) => {
      const header = response.headers["x-backend"];
      const backend = typeof header === "string" ? header : "";
      response.once("end", () => this.#record(flight, response.statusCode ?? 0, backend));
      response.once("error", () => this.#record(flight, 0, backend));
      response.resume();
    });
    outgoing.once("timeout", () => outgoing.destroy());
    outgoing.on("error", () => undefined); // "close" follows and records it
    outgoing.once("close", () => this.#record(flight, 0, ""));
    outgoing.end();
  }

  /** Once per flight: the first of answer, failure and give-up wins. */
  #record(flight: Flight, status: number, backend: string): void {
    if (!this.#flights.delete(flight)) return;
    const { target, dueMs } = flight;
    this.#options.onRecord({ target: target.name, dueMs, latencyMs: OpenLoopLoad.nowMs() - dueMs, status, backend });
  }
}
