// What became of the requests of a load, with counts and shares per backend over any span of time.
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

export class RecordedLoad {
  readonly log = new RequestLog();
  readonly #target: string;
  #ended = 0;

  /** @param target of the records */
  constructor(target: string) {
    this.#target = target;
  }

  protected record(records: readonly RequestRecord[]): void {
    this.#ended += records.length;
    this.log.add(records);
  }

  /** The clock of `dueMs`: marks the spans that the other methods take. */
  now(): number {
    return OpenLoopLoad.nowMs();
  }

  /** Waits until `count` more requests have ended: a span of load without a clock. */
  async requests(count: number, deadlineMs = 60_000): Promise<void> {
    const goal = this.#ended + count;
    await until(() => (this.#ended >= goal ? true : undefined), { what: `${count} requests`, deadlineMs });
  }

  between(fromMs: number, toMs = this.now()): readonly RequestRecord[] {
    return this.log.between(this.#target, fromMs, toMs);
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
      target: this.#target,
      fromMs,
      toMs: this.now(),
      satisfied: (window) => satisfied(trafficShare(window, backend)),
    });
  }
}
