// The backends: c slots and one FIFO queue each. A server that notices that its client has gone drops what it has not
// begun and finishes what it has: queued requests that timed out are skipped, those in service keep their slot.
import { EventKind } from "../engine/event-kind.js";
import type { EventQueue } from "../engine/event-queue.js";
import type { VirtualClock } from "../engine/virtual-clock.js";
import type { HostState } from "./host-state.js";
import type { RequestPool } from "./request-pool.js";

const NONE = -1;
/** Of one answer in the moving average that probes are told. */
const RECENT_WEIGHT = 1 / 16;

export interface BackendsOptions {
  readonly queue: EventQueue;
  readonly clock: VirtualClock;
  readonly state: HostState;
  readonly requests: RequestPool;
  readonly meanServiceMs: number;
  /** Slot time used: from, to, host. */
  readonly onBusy: (fromMs: number, toMs: number, host: number) => void;
}

export class Backends {
  readonly #queue: EventQueue;
  readonly #clock: VirtualClock;
  readonly #state: HostState;
  readonly #requests: RequestPool;
  readonly #meanServiceMs: number;
  readonly #onBusy: BackendsOptions["onBusy"];
  readonly #busy: Int32Array;
  /** In service or waiting. */
  readonly #held: Int32Array;
  /** Moving average of service times, milliseconds. */
  readonly #serviceMs: Float64Array;
  readonly #first: Int32Array;
  readonly #last: Int32Array;

  constructor({ queue, clock, state, requests, meanServiceMs, onBusy }: BackendsOptions) {
    this.#queue = queue;
    this.#clock = clock;
    this.#state = state;
    this.#requests = requests;
    this.#meanServiceMs = meanServiceMs;
    this.#onBusy = onBusy;
    this.#busy = new Int32Array(state.count);
    this.#held = new Int32Array(state.count);
    this.#serviceMs = new Float64Array(state.count);
    this.#first = new Int32Array(state.count).fill(NONE);
    this.#last = new Int32Array(state.count).fill(NONE);
  }

  /** A request has come in; it starts or waits. */
  accept(request: number, host: number): void {
    this.#held[host] = (this.#held[host] ?? 0) + 1;
    if (this.#hasRoom(host)) this.#start(request, host);
    else this.#append(request, host);
  }

  /** The `served` event of a request. False when a pause has put it off; otherwise its slot is free again. */
  finish(request: number, host: number): boolean {
    const requests = this.#requests;
    const pausedMs = this.#state.pausedMs[host] ?? 0;
    const putOffMs = pausedMs - (requests.pausedMs[request] ?? 0);
    if (putOffMs > 0) {
      requests.pausedMs[request] = pausedMs;
      this.#queue.push(this.#queue.timeMs + putOffMs, EventKind.served, request);
      return false;
    }
    this.#onBusy(requests.startedMs[request] ?? 0, this.#queue.timeMs, host);
    this.#busy[host] = (this.#busy[host] ?? 0) - 1;
    this.#held[host] = (this.#held[host] ?? 0) - 1;
    const averageMs = this.#serviceMs[host] ?? 0;
    const serviceMs = this.#queue.timeMs - (requests.startedMs[request] ?? 0);
    this.#serviceMs[host] = averageMs + (serviceMs - averageMs) * RECENT_WEIGHT;
    return true;
  }

  /** Fills free slots from the queue; after a request has left, a pause is over, or slots were added. */
  advance(host: number): void {
    while (this.#hasRoom(host)) {
      const request = this.#first[host] ?? NONE;
      if (request === NONE) return;
      const next = this.#requests.queuedNext[request] ?? NONE;
      this.#first[host] = next;
      if (next === NONE) this.#last[host] = NONE;
      if (this.#requests.settled[request] === 1) {
        this.#held[host] = (this.#held[host] ?? 0) - 1;
        this.#requests.release(request);
      } else this.#start(request, host);
    }
  }

  /**
   * What the host knows of its own load. The latency is the one to expect at the present queue, as Prequal's servers
   * report it: they keep recent latencies by requests in flight.
   */
  probe(host: number): { readonly inFlight: number; readonly latencyMs: number } {
    const inFlight = this.#held[host] ?? 0;
    const waves = Math.max(1, (inFlight + 1) / (this.#state.slots[host] ?? 1));
    return { inFlight, latencyMs: (this.#serviceMs[host] ?? 0) * waves };
  }

  /** The state of a host has changed. */
  changed(host: number): void {
    this.advance(host);
    const waitMs = (this.#state.pausedUntilMs[host] ?? 0) - this.#queue.timeMs;
    if (waitMs > 0) this.#clock.schedule(waitMs, () => this.advance(host));
  }

  #hasRoom(host: number): boolean {
    return (
      (this.#busy[host] ?? 0) < (this.#state.slots[host] ?? 0) &&
      (this.#state.pausedUntilMs[host] ?? 0) <= this.#queue.timeMs
    );
  }

  #start(request: number, host: number): void {
    const requests = this.#requests;
    const nowMs = this.#queue.timeMs;
    requests.startedMs[request] = nowMs;
    requests.pausedMs[request] = this.#state.pausedMs[host] ?? 0;
    this.#busy[host] = (this.#busy[host] ?? 0) + 1;
    const serviceMs = this.#state.serviceMs(host, requests.demand[request] ?? 1, this.#meanServiceMs);
    this.#queue.push(nowMs + serviceMs, EventKind.served, request);
  }

  #append(request: number, host: number): void {
    const last = this.#last[host] ?? NONE;
    this.#requests.queuedNext[request] = NONE;
    if (last === NONE) this.#first[host] = request;
    else this.#requests.queuedNext[last] = request;
    this.#last[host] = request;
  }
}
