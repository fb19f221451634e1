// The load reports of one proxy, as Envoy's LRS client makes them: counters of the interval, gauges of the moment, hosts
// without any of both left out. Between proxy and control plane lie a delay, losses, duplicates, and sometimes a lie.
import type { InstanceId } from "../../model/ids.js";
import type { LoadSample } from "../../model/load.js";
import { NOWHERE } from "../../model/zone.js";
import type { Rng } from "../../runtime/rng.js";
import type { ServiceReport } from "../../signals/service-rounds.js";
import { instanceIdOf } from "../control-plane/catalogue.js";
import type { VirtualClock } from "../engine/virtual-clock.js";
import type { TelemetrySpec } from "../simulation-plan.js";
import type { Proxies } from "./proxies.js";

export interface LoadReporterOptions {
  readonly clock: VirtualClock;
  readonly proxies: Proxies;
  readonly proxy: number;
  readonly workers: number;
  readonly spec: TelemetrySpec;
  readonly rng: Rng;
  readonly deliver: (report: ServiceReport) => void;
}

export class LoadReporter {
  readonly #o: LoadReporterOptions;
  #sinceMs = 0;

  constructor(options: LoadReporterOptions) {
    this.#o = options;
  }

  /** Reports for ever, at a phase of its own. */
  start(): void {
    const { clock, spec, rng } = this.#o;
    clock.repeat(rng.next() * spec.intervalMs, spec.intervalMs, () => this.#report());
  }

  #report(): void {
    const { clock, proxies, proxy, workers, spec, rng, deliver } = this.#o;
    const nowMs = clock.nowMs();
    const intervalMs = nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
    const samples = new Map<InstanceId, LoadSample>();
    for (let host = 0; host < proxies.hosts; host++) {
      const sample = this.#sampleOf(host);
      if (sample !== undefined) samples.set(instanceIdOf(host), sample);
    }
    proxies.resetCounters(proxy);
    if (rng.next() < spec.lossProbability || intervalMs <= 0) return;
    const report: ServiceReport = { node: `proxy-${proxy}`, workers, origin: NOWHERE, intervalMs, samples };
    clock.schedule(spec.delayMs, () => deliver(report));
    if (rng.next() < spec.duplicateProbability) clock.schedule(spec.delayMs, () => deliver(report));
  }

  #sampleOf(host: number): LoadSample | undefined {
    const { proxies, proxy, spec } = this.#o;
    const cell = proxy * proxies.hosts + host;
    const successes = proxies.successes[cell] ?? 0;
    const errors = proxies.errors[cell] ?? 0;
    const issued = proxies.issued[cell] ?? 0;
    const inFlight = proxies.active[cell] ?? 0;
    if (successes + errors + issued + inFlight === 0) return undefined;
    const measured = spec.latency === "envoy" ? 1 : 0;
    const { liar } = spec;
    const lies = liar !== undefined && liar.proxy === proxy && liar.hosts.includes(host);
    // 429 is a success for Envoy; the status metrics tell, and the decoder of load reports makes it an error.
    const throttled = measured * (successes - (proxies.latencyCount[cell] ?? 0));
    const invented = lies ? Math.round(successes * liar.errorFraction) : 0;
    return {
      successes: successes - throttled - invented,
      errors: errors + throttled + invented,
      issued,
      inFlight,
      latency: {
        count: measured * (proxies.latencyCount[cell] ?? 0),
        sumMs: measured * (proxies.latencySumMs[cell] ?? 0) * (lies ? liar.latencyFactor : 1),
      },
      failedLatency: {
        count: measured * (proxies.failedCount[cell] ?? 0),
        sumMs: measured * (proxies.failedSumMs[cell] ?? 0),
      },
    };
  }
}
