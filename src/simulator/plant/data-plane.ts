// The life of a request: arrival → pick → backend → answer, retry or timeout. Handles every event that happens per
// request. Invariant: each arrival ends exactly once, as success, error, or unfinished when time is over.
import type { Rng } from "../../runtime/rng.js";
import { EventKind } from "../engine/event-kind.js";
import type { EventQueue } from "../engine/event-queue.js";
import type { Proxies } from "../envoy/proxies.js";
import type { SimulationPlan } from "../simulation-plan.js";
import type { Arrivals } from "../traffic/arrivals.js";
import type { ProxyChoice } from "../traffic/proxy-skew.js";
import type { Sampler } from "../traffic/service-law.js";
import type { Backends } from "./backends.js";
import type { HostState } from "./host-state.js";
import type { RequestPool } from "./request-pool.js";

/** A failure at once still takes this long, milliseconds. */
const FAST_FAILURE_MS = 1;
/** Envoy's host_selection_retry_max_attempts. */
const OTHER_HOST_ATTEMPTS = 3;
const NOT_CONNECTED = 0;

export interface RequestObserver {
  arrived(atMs: number): void;
  picked(atMs: number, host: number): void;
  ended(arrivedMs: number, latencyMs: number, status: number): void;
}

export interface DataPlaneOptions {
  readonly plan: SimulationPlan;
  readonly queue: EventQueue;
  readonly state: HostState;
  readonly requests: RequestPool;
  readonly backends: Backends;
  readonly proxies: Proxies;
  readonly arrivals: Arrivals;
  readonly demand: Sampler;
  readonly proxyChoice: ProxyChoice;
  /** Which worker a connection is on, and which requests fail. */
  readonly workerRng: Rng;
  readonly failureRng: Rng;
  readonly observer: RequestObserver;
}

export class DataPlane {
  readonly #o: DataPlaneOptions;
  readonly #queue: EventQueue;
  readonly #requests: RequestPool;
  readonly #proxies: Proxies;
  readonly #hosts: number;
  readonly #workers: number;
  readonly #timeoutMs: number;
  readonly #oneWayMs: number;
  /** One deadline event is enough: that of the oldest request. */
  #deadlineAwaited = false;

  constructor(options: DataPlaneOptions) {
    this.#o = options;
    this.#queue = options.queue;
    this.#requests = options.requests;
    this.#proxies = options.proxies;
    this.#hosts = options.state.count;
    this.#workers = options.plan.workers;
    this.#timeoutMs = options.plan.requestTimeoutMs;
    this.#oneWayMs = options.plan.crossZoneMs / 2;
  }

  arrive(generation: number): void {
    const { arrivals, demand, proxyChoice, workerRng, plan, observer } = this.#o;
    if (!arrivals.isCurrent(generation)) return;
    arrivals.scheduleNext();
    const nowMs = this.#queue.timeMs;
    const requests = this.#requests;
    const request = requests.take(nowMs);
    requests.demand[request] = demand();
    requests.proxy[request] = proxyChoice.next();
    requests.worker[request] = this.#workers === 1 ? 0 : Math.floor(workerRng.next() * this.#workers);
    requests.retriesLeft[request] = plan.retries;
    requests.host[request] = -1;
    if (!this.#deadlineAwaited) this.#awaitDeadline(nowMs + this.#timeoutMs);
    observer.arrived(nowMs);
    this.#attempt(request);
  }

  /** The request is at its host's door. */
  deliver(request: number): void {
    const requests = this.#requests;
    if (requests.settled[request] === 1) {
      requests.release(request);
      return;
    }
    const { state, plan, failureRng, backends } = this.#o;
    const host = requests.host[request] ?? 0;
    const nowMs = this.#queue.timeMs;
    if (state.reach[host] !== "up") {
      requests.status[request] = NOT_CONNECTED;
      const waitMs = state.reach[host] === "refused" ? 0 : plan.connectTimeoutMs;
      this.#queue.push(nowMs + waitMs, EventKind.answer, request);
      return;
    }
    const fraction = state.failFraction[host] ?? 0;
    const fails = fraction > 0 && failureRng.next() < fraction;
    requests.status[request] = fails ? (state.failStatus[host] ?? 503) : 200;
    if (fails && state.failsAtOnce[host] === 1) {
      this.#queue.push(nowMs + FAST_FAILURE_MS + this.#delayMs(request, host), EventKind.answer, request);
    } else backends.accept(request, host);
  }

  /** The host may be done with the request. */
  served(request: number): void {
    const { backends } = this.#o;
    const host = this.#requests.host[request] ?? 0;
    if (!backends.finish(request, host)) return;
    backends.advance(host);
    const delayMs = this.#delayMs(request, host);
    if (delayMs > 0 && this.#requests.settled[request] === 0)
      this.#queue.push(this.#queue.timeMs + delayMs, EventKind.answer, request);
    else this.answer(request);
  }

  /** The proxy has an answer, or knows that there will be none. */
  answer(request: number): void {
    const requests = this.#requests;
    if (requests.settled[request] === 1) {
      requests.release(request);
      return;
    }
    const nowMs = this.#queue.timeMs;
    const status = requests.status[request] ?? 0;
    const latencyMs = nowMs - (requests.triedMs[request] ?? 0);
    if (status === NOT_CONNECTED) this.#proxies.notConnected(this.#cellOf(request));
    else this.#proxies.answered(this.#cellOf(request), status, latencyMs);
    this.#attemptEnded(request, status === 200, latencyMs);
    const retriesLeft = requests.retriesLeft[request] ?? 0;
    if (retriesLeft > 0 && (status >= 500 || status === NOT_CONNECTED)) {
      requests.retriesLeft[request] = retriesLeft - 1;
      this.#attempt(request);
      return;
    }
    this.#end(request, status === NOT_CONNECTED ? 503 : status);
    requests.release(request);
  }

  /** Ends all that are out of time, and looks again when the next one will be. */
  deadline(): void {
    const requests = this.#requests;
    const nowMs = this.#queue.timeMs;
    for (let request = requests.oldest; request >= 0; request = requests.oldest) {
      const dueMs = (requests.arrivedMs[request] ?? 0) + this.#timeoutMs;
      if (dueMs > nowMs) {
        this.#awaitDeadline(dueMs);
        return;
      }
      this.#proxies.timedOut(this.#cellOf(request));
      this.#attemptEnded(request, false, nowMs - (requests.triedMs[request] ?? 0));
      // Not released: its host, or an event, still holds it.
      this.#end(request, 504);
    }
    this.#deadlineAwaited = false;
  }

  #awaitDeadline(dueMs: number): void {
    this.#deadlineAwaited = true;
    this.#queue.push(dueMs, EventKind.deadline, 0);
  }

  #attempt(request: number): void {
    const requests = this.#requests;
    const nowMs = this.#queue.timeMs;
    const proxy = requests.proxy[request] ?? 0;
    const before = requests.host[request] ?? -1;
    const host = this.#pick(proxy, requests.worker[request] ?? 0, before);
    if (host < 0) {
      this.#end(request, 503);
      requests.release(request);
      return;
    }
    requests.host[request] = host;
    requests.triedMs[request] = nowMs;
    this.#proxies.sent(proxy * this.#hosts + host);
    this.#o.observer.picked(nowMs, host);
    const delayMs = this.#delayMs(request, host);
    if (delayMs > 0) this.#queue.push(nowMs + delayMs, EventKind.deliver, request);
    else this.deliver(request);
  }

  #pick(proxy: number, worker: number, before: number): number {
    let host = this.#proxies.pick(proxy, worker);
    for (let i = 0; host === before && host >= 0 && i < OTHER_HOST_ATTEMPTS; i++) {
      this.#proxies.ended(proxy, worker, host, true, Number.NaN);
      host = this.#proxies.pick(proxy, worker);
    }
    return host;
  }

  #cellOf(request: number): number {
    return (this.#requests.proxy[request] ?? 0) * this.#hosts + (this.#requests.host[request] ?? 0);
  }

  #attemptEnded(request: number, success: boolean, latencyMs: number): void {
    const { proxy, worker, host } = this.#requests;
    this.#proxies.ended(proxy[request] ?? 0, worker[request] ?? 0, host[request] ?? 0, success, latencyMs);
  }

  /** One way between proxy and host. */
  #delayMs(request: number, host: number): number {
    if (this.#oneWayMs === 0) return 0;
    const { plan, state } = this.#o;
    return plan.proxyZones[this.#requests.proxy[request] ?? 0] === state.zone[host] ? 0 : this.#oneWayMs;
  }

  #end(request: number, status: number): void {
    const arrivedMs = this.#requests.arrivedMs[request] ?? 0;
    this.#requests.settle(request);
    this.#o.observer.ended(arrivedMs, this.#queue.timeMs - arrivedMs, status);
  }
}
