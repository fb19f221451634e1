// The open loop: requests go out when they are due, whatever the answers do, each through a uniformly random Envoy; the
// latency counts from the due time, so that a late generator or a stalled proxy hides nothing.
import type { Rng } from "../../../src/runtime/rng.js";
import { Alarm } from "../alarm.js";
import type { ConnectionPool } from "./connection-pool.js";
import { PoissonArrivals, type RateSegment } from "./poisson-arrivals.js";
import type { RequestRecords } from "./request-records.js";
import { NO_BACKEND } from "./response-head.js";

export interface Stream {
  /** Bytes of every request. */
  readonly request: string;
  /** Times count from the start of the load. */
  readonly segments: readonly RateSegment[];
  readonly rng: Rng;
}

export interface LeanLoadOptions {
  readonly streams: readonly Stream[];
  /** One pool per Envoy. */
  readonly pools: readonly ConnectionPool[];
  readonly records: RequestRecords;
  readonly nowMs: () => number;
  /** Told once, when a request is sent later than MAX_LAG_MS after it was due: from then on the load is no open loop. */
  readonly onTooLate: (lagMs: number) => void;
}

const MAX_LAG_MS = 2_000;

/** Requests in flight of one stream; beyond it they count as unanswered at once, or a collapse would eat all sockets. */
const MAX_IN_FLIGHT = 3_000;

interface Flight {
  readonly stream: number;
  readonly dueMs: number;
}

export class LeanLoad {
  readonly #options: LeanLoadOptions;
  readonly #arrivals: readonly PoissonArrivals[];
  readonly #flights = new Set<Flight>();
  readonly #inFlight: number[];
  readonly #alarm = new Alarm(() => this.wake());
  #startMs = Number.POSITIVE_INFINITY;
  #stopMs = Number.POSITIVE_INFINITY;
  #lagSumMs = 0;
  #lagMaxMs = 0;
  #sent = 0;

  constructor(options: LeanLoadOptions) {
    this.#options = options;
    this.#arrivals = options.streams.map(({ segments, rng }) => new PoissonArrivals(segments, rng));
    this.#inFlight = options.streams.map(() => 0);
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  /** How much later than due the requests went out, milliseconds. */
  get lag(): { readonly meanMs: number; readonly maxMs: number } {
    return { meanMs: this.#sent === 0 ? 0 : this.#lagSumMs / this.#sent, maxMs: this.#lagMaxMs };
  }

  /** Arrivals from `startMs` on, for `lengthMs`. */
  begin(startMs: number, lengthMs: number): void {
    this.#startMs = startMs;
    this.#stopMs = startMs + lengthMs;
    this.wake();
  }

  /** Sends what is due. To be called whenever the process is awake anyway, because timers are coarse. */
  wake(): void {
    const nowMs = this.#options.nowMs();
    let earliestMs = Number.POSITIVE_INFINITY;
    for (let stream = 0; stream < this.#arrivals.length; stream += 1) {
      const arrivals = this.#arrivals[stream] as PoissonArrivals;
      for (; this.#startMs + arrivals.nextMs <= nowMs; arrivals.advance()) this.#send(stream, arrivals.nextMs, nowMs);
      earliestMs = Math.min(earliestMs, this.#startMs + arrivals.nextMs);
    }
    if (earliestMs < this.#stopMs) this.#alarm.arm(earliestMs, nowMs);
  }

  /** Records what is still in flight as unanswered, with its age. */
  giveUp(): void {
    this.#alarm.disarm();
    for (const flight of this.#flights) this.#record(flight, 0, NO_BACKEND);
  }

  #send(stream: number, dueMs: number, nowMs: number): void {
    if (this.#startMs + dueMs >= this.#stopMs) return;
    const { streams, pools } = this.#options;
    const { request, rng } = streams[stream] as Stream;
    const pool = pools[Math.floor(rng.next() * pools.length)] as ConnectionPool;
    const flight: Flight = { stream, dueMs };
    this.#flights.add(flight);
    this.#inFlight[stream] = (this.#inFlight[stream] ?? 0) + 1;
    this.#noteLag(nowMs - this.#startMs - dueMs);
    if ((this.#inFlight[stream] ?? 0) > MAX_IN_FLIGHT) {
      this.#record(flight, 0, NO_BACKEND);
      return;
    }
    pool.send(request, (response) => this.#record(flight, response?.status ?? 0, response?.backend ?? NO_BACKEND));
  }

  #noteLag(lagMs: number): void {
    if (lagMs > MAX_LAG_MS && this.#lagMaxMs <= MAX_LAG_MS) this.#options.onTooLate(lagMs);
    this.#lagSumMs += lagMs;
    this.#lagMaxMs = Math.max(this.#lagMaxMs, lagMs);
    this.#sent += 1;
  }

  #record(flight: Flight, status: number, backend: number): void {
    if (!this.#flights.delete(flight)) return;
    this.#inFlight[flight.stream] = (this.#inFlight[flight.stream] ?? 0) - 1;
    const { records, nowMs } = this.#options;
    records.add(flight.stream, flight.dueMs, nowMs() - this.#startMs - flight.dueMs, status, backend);
  }
}
