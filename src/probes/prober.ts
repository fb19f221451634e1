// Asks the instances, each on a jittered schedule of its own, so many at a time at most, and tells the book.
// Started after the first plans are out: what it finds may change them, what it has not found yet may not.
import type { ServiceName } from "../model/ids.js";
import type { HealthChecks } from "../model/policy/health-checks.js";
import type { Cancel, Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Rng } from "../runtime/rng.js";
import { type ProbeOutcome, unanswered } from "./outcome.js";
import type { ProbeBook, Probed } from "./probe-book.js";
import { probeKindOf, probeOf } from "./probe-of.js";
import { Slots } from "./slots.js";
import type { Probe, ProbeTarget } from "./target.js";

export interface ProberOptions {
  readonly book: ProbeBook;
  /** A verdict has changed: the catalogue is to show it. */
  readonly onVerdict: (service: ServiceName) => void;
  /** Probes under way at a time, >= 1. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: MetricSink;
  /** Default: the real ones. */
  readonly probeFor?: (check: HealthChecks["check"]) => Probe;
}

/** An interval varies by so much to either side, so that instances that joined together do not stay together. */
const JITTER = 0.1;
/** A newcomer is asked within that time: it waits for traffic. */
const FIRST_PROBE_MS = 50;

export class Prober implements Component {
  readonly name = "prober";
  readonly #options: ProberOptions;
  readonly #slots: Slots;
  readonly #timers = new Map<Probed, Cancel>();
  readonly #running = new Map<Probed, AbortController>();
  #open = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency);
  }

  async start(): Promise<void> {
    this.#open = true;
    this.#options.book.begin({
      onJoin: (probed) => this.#schedule(probed, this.#firstDelayMs(probed)),
      onLeave: (probed) => this.#forget(probed),
      onChecks: (service) => this.#reschedule(service),
    });
  }

  async stop(): Promise<void> {
    this.#open = false;
    this.#options.book.end();
    for (const probed of [...this.#timers.keys(), ...this.#running.keys()]) this.#forget(probed);
  }

  #firstDelayMs(probed: Probed): number {
    const intervalMs = this.#options.book.checksOf(probed.service)?.intervalMs ?? 0;
    const withinMs = probed.state.verdict === "untried" ? Math.min(FIRST_PROBE_MS, intervalMs) : intervalMs;
    return withinMs * this.#options.rng.next();
  }

  #schedule(probed: Probed, delayMs: number): void {
    this.#timers.get(probed)?.();
    this.#timers.set(
      probed,
      this.#options.clock.schedule(delayMs, () => {
        this.#timers.delete(probed);
        void this.#probe(probed);
      }),
    );
  }

  /** An interval may have been an hour; those under way go by the new checks when they are done. */
  #reschedule(service: ServiceName): void {
    for (const probed of this.#timers.keys()) {
      if (probed.service === service) this.#schedule(probed, this.#firstDelayMs(probed));
    }
  }

  #forget(probed: Probed): void {
    this.#timers.get(probed)?.();
    this.#timers.delete(probed);
    this.#running.get(probed)?.abort();
    this.#running.delete(probed);
  }

  async #probe(probed: Probed): Promise<void> {
    const { book, clock, rng, metrics, onVerdict } = this.#options;
    const dueMs = clock.nowMs();
    if (this.#slots.exhausted) metrics.count("steelyard_probes_delayed_total");
    const checks = await this.#slots.run(async () => {
      const current = book.checksOf(probed.service);
      const target = book.targetOf(probed);
      if (!this.#open || current === undefined || target === undefined || !book.has(probed)) return undefined;
      const outcome = await this.#ask(probed, current, target);
      if (this.#open && book.record(probed, outcome)) onVerdict(probed.service);
      return current;
    });
    if (checks === undefined || !this.#open || !book.has(probed)) return;
    const { intervalMs } = book.checksOf(probed.service) ?? checks;
    const periodMs = intervalMs * (1 + JITTER * (2 * rng.next() - 1));
    this.#schedule(probed, Math.max(0, dueMs + periodMs - clock.nowMs()));
  }

  async #ask(probed: Probed, { check, timeoutMs }: HealthChecks, target: ProbeTarget): Promise<ProbeOutcome> {
    const { clock, metrics, probeFor = probeOf } = this.#options;
    const abort = new AbortController();
    this.#running.set(probed, abort);
    const startMs = clock.nowMs();
    let cancel: Cancel | undefined;
    const givenUp = new Promise<ProbeOutcome>((resolve) => {
      cancel = clock.schedule(timeoutMs, () => resolve(unanswered(`no answer within ${timeoutMs} ms`)));
      abort.signal.addEventListener("abort", () => resolve(unanswered("called off")));
    });
    const outcome = await Promise.race([attempt(probeFor(check), target, abort.signal), givenUp]);
    cancel?.();
    abort.abort(); // a late answer is not waited for
    this.#running.delete(probed);
    const labels = { check: probeKindOf(check) };
    const result = outcome.healthy ? "healthy" : outcome.answered ? "refused" : "unanswered";
    metrics.count("steelyard_probes_total", { ...labels, result });
    metrics.observe("steelyard_probe_duration_seconds", (clock.nowMs() - startMs) / 1_000, labels);
    return outcome;
  }
}

/** Node's clients throw at once for what they do not take, such as a certificate that is none. */
async function attempt(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    return await probe(target, signal);
  } catch {
    return unanswered("the probe cannot be sent");
  }
}
