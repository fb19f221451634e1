// Open-loop load on one service, with counts and shares per backend over any span of time.
import { OpenLoopLoad } from "../../../envoy/lab/open-loop-load.js";
import {
  byBackend,
  type LoadSummary,
  RequestLog,
  type RequestRecord,
  summarise,
  trafficShare,
} from "../../../envoy/lab/request-log.js";
import { secondsUntil } from "../../../envoy/lab/settling.js";
import { until } from "../../../envoy/lab/until.js";
import { seededRng } from "../../../src/runtime/rng.js";

export interface ServiceLoadOptions {
  /** Also the Host header. */
  readonly service: string;
  readonly port: number;
  /** Arrivals per second. */
  readonly rateRps: number;
  /** Default 1. */
  readonly seed?: number;
  /** Milliseconds until an unanswered request counts as an error; default 20,000. */
  readonly timeoutMs?: number;
}

export class ServiceLoad {
  readonly log = new RequestLog();
  readonly #load: OpenLoopLoad;
  readonly #service: string;
  #answered = 0;
  #stopped: Promise<void> | undefined;

  constructor(options: ServiceLoadOptions) {
    const { service, port, rateRps, seed = 1, timeoutMs } = options;
    this.#service = service;
    this.#load = new OpenLoopLoad({
      targets: [{ name: service, port }],
      rateRps,
      rng: seededRng(seed),
      onRecord: (record) => {
        this.#answered += 1;
        this.log.add([record]);
      },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }

  start(): void {
    this.#load.start();
  }

  /** The clock of `dueMs`: marks the spans that the other methods take. */
  now(): number {
    return OpenLoopLoad.nowMs();
  }

  /** Ends the load; what is unanswered after 5 s counts as an error. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped ??= this.#load.stop(5_000);
    await this.#stopped;
  }

  /** Waits until `count` more requests have ended: a span of load without a clock. */
  async requests(count: number, deadlineMs = 60_000): Promise<void> {
    const goal = this.#answered + count;
    await until(() => (this.#answered >= goal ? true : undefined), { what: `${count} requests`, deadlineMs });
  }

  between(fromMs: number, toMs = this.now()): readonly RequestRecord[] {
    return this.log.between(this.#service, fromMs, toMs);
  }

  summary(fromMs: number, toMs?: number): LoadSummary {
    return summarise(this.between(fromMs, toMs));
  }

  /** Requests answered, by backend. */
  counts(fromMs: number, toMs?: number): ReadonlyMap<string, number> {
    return new Map([...byBackend(this.between(fromMs, toMs))].map(([name, records]) => [name, records.length]));
  }

  /** Fraction of the answered requests, 0..1. */
  share(backend: string, fromMs: number, toMs?: number): number {
    return trafficShare(this.between(fromMs, toMs), backend);
  }

  /** Seconds from `fromMs` until the backend's share satisfies the condition over two seconds; undefined = not so far. */
  secondsUntilShare(backend: string, fromMs: number, satisfied: (share: number) => boolean): number | undefined {
    return secondsUntil(this.log, {
      target: this.#service,
      fromMs,
      toMs: this.now(),
      satisfied: (window) => satisfied(trafficShare(window, backend)),
    });
  }
}
