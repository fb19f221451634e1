// The Envoys: workers with pickers, requests in flight per host, and the counters that load reports are made of.
// Columns by proxy × hosts + host. What is counted when follows Envoy: `issued` when a request is sent, success or error
// when it ends, a latency only for answers with headers.
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import type { Rng } from "../../runtime/rng.js";
import type { Picker } from "./picker.js";

/** What a control plane tells the proxies: an EDS update. */
export interface Assignment {
  /** Weight by host; used for healthy hosts only. */
  readonly weights: Float64Array;
  /** Hosts that take traffic, ascending. */
  readonly healthy: Int32Array;
  readonly enforcement: EnvoyEnforcement | LibraryEnforcement;
}

/** One of LIBRARY_BALANCERS in every worker, instead of a policy of Envoy's. */
export interface LibraryEnforcement {
  readonly policy: "library";
  readonly balancer: string;
}

export interface ProxiesOptions {
  readonly proxies: number;
  readonly workers: number;
  readonly hosts: number;
  /** The balancer of one worker. @param active requests in flight from its proxy, by host */
  readonly createPicker: (enforcement: Assignment["enforcement"], active: Int32Array, rng: Rng) => Picker;
  /** Randomness of one worker. */
  readonly rngOf: (proxy: number, worker: number) => Rng;
  /** Which hosts a proxy uses at all; undefined = all. */
  readonly subsets: readonly ReadonlySet<number>[] | undefined;
}

export class Proxies {
  readonly hosts: number;
  readonly active: Int32Array;
  readonly successes: Int32Array;
  readonly errors: Int32Array;
  readonly issued: Int32Array;
  /** Of answers 1xx to 3xx. */
  readonly latencyCount: Int32Array;
  readonly latencySumMs: Float64Array;
  /** Of answers 4xx and 5xx. */
  readonly failedCount: Int32Array;
  readonly failedSumMs: Float64Array;
  readonly #options: ProxiesOptions;
  readonly #pickers: Picker[][];
  readonly #enforcements: (string | undefined)[];

  constructor(options: ProxiesOptions) {
    const cells = options.proxies * options.hosts;
    this.#options = options;
    this.hosts = options.hosts;
    this.active = new Int32Array(cells);
    this.successes = new Int32Array(cells);
    this.errors = new Int32Array(cells);
    this.issued = new Int32Array(cells);
    this.latencyCount = new Int32Array(cells);
    this.latencySumMs = new Float64Array(cells);
    this.failedCount = new Int32Array(cells);
    this.failedSumMs = new Float64Array(cells);
    this.#pickers = Array.from({ length: options.proxies }, () => []);
    this.#enforcements = Array.from({ length: options.proxies }, () => undefined);
  }

  /** The proxy has received an update; its schedules start anew. */
  apply(proxy: number, { weights, healthy, enforcement }: Assignment): void {
    const { workers, createPicker, rngOf, subsets, hosts } = this.#options;
    const kind = JSON.stringify(enforcement);
    if (this.#enforcements[proxy] !== kind) {
      const active = this.active.subarray(proxy * hosts, (proxy + 1) * hosts);
      this.#enforcements[proxy] = kind;
      this.#pickers[proxy] = Array.from({ length: workers }, (_, worker) =>
        createPicker(enforcement, active, rngOf(proxy, worker)),
      );
    }
    const subset = subsets?.[proxy];
    const usable = subset === undefined ? healthy : healthy.filter((host) => subset.has(host));
    for (const picker of this.#pickers[proxy] ?? []) picker.update(usable, weights);
  }

  /** Index of a host, or -1. */
  pick(proxy: number, worker: number): number {
    return this.#pickers[proxy]?.[worker]?.pick() ?? -1;
  }

  sent(cell: number): void {
    this.active[cell] = (this.active[cell] ?? 0) + 1;
    this.issued[cell] = (this.issued[cell] ?? 0) + 1;
  }

  /** The pick will not be used, or is over. */
  ended(proxy: number, worker: number, host: number, success: boolean, latencyMs: number): void {
    this.#pickers[proxy]?.[worker]?.ended?.(host, success, latencyMs);
  }

  /** The attempt never got a connection, so it was not issued after all. */
  notConnected(cell: number): void {
    this.active[cell] = (this.active[cell] ?? 0) - 1;
    this.issued[cell] = (this.issued[cell] ?? 0) - 1;
    this.errors[cell] = (this.errors[cell] ?? 0) + 1;
  }

  timedOut(cell: number): void {
    this.active[cell] = (this.active[cell] ?? 0) - 1;
    this.errors[cell] = (this.errors[cell] ?? 0) + 1;
  }

  answered(cell: number, status: number, latencyMs: number): void {
    this.active[cell] = (this.active[cell] ?? 0) - 1;
    if (status >= 500) this.errors[cell] = (this.errors[cell] ?? 0) + 1;
    else this.successes[cell] = (this.successes[cell] ?? 0) + 1;
    if (status < 400) {
      this.latencyCount[cell] = (this.latencyCount[cell] ?? 0) + 1;
      this.latencySumMs[cell] = (this.latencySumMs[cell] ?? 0) + latencyMs;
    } else {
      this.failedCount[cell] = (this.failedCount[cell] ?? 0) + 1;
      this.failedSumMs[cell] = (this.failedSumMs[cell] ?? 0) + latencyMs;
    }
  }

  /** Counters are per interval; gauges stay. */
  resetCounters(proxy: number): void {
    const from = proxy * this.hosts;
    const to = from + this.hosts;
    for (const column of [this.successes, this.errors, this.issued, this.latencyCount, this.failedCount])
      column.fill(0, from, to);
    this.latencySumMs.fill(0, from, to);
    this.failedSumMs.fill(0, from, to);
  }
}
