// Lowest latency average wins. The average forgets with time, not with samples; a failure counts as the penalty latency,
// so failing fast never looks fast; a backend nobody has measured counts as the median of those that were, so a newcomer
// is neither starved nor flooded. O(n) per pick.
import type { Clock } from "../../runtime/clock.js";
import { ewmaStep } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";

export interface LeastLatencyOptions {
  readonly clock: Clock;
  /** Memory of the average, milliseconds. Default 10,000. */
  readonly tauMs?: number;
  /** Least latency that a failed request counts as, milliseconds. Default 5,000. */
  readonly failurePenaltyMs?: number;
}

interface Latency {
  valueMs: number;
  updatedMs: number;
}

export class LeastLatencyBalancer implements LoadBalancer {
  readonly name = "least-latency";
  readonly #clock: Clock;
  readonly #tauMs: number;
  readonly #failurePenaltyMs: number;
  #backends: readonly BackendSpec[] = [];
  readonly #latencies = new Map<string, Latency>();
  #turn = 0;

  constructor(backends: readonly BackendSpec[], options: LeastLatencyOptions) {
    this.#clock = options.clock;
    this.#tauMs = options.tauMs ?? 10_000;
    this.#failurePenaltyMs = options.failurePenaltyMs ?? 5_000;
    this.#backends = backends;
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const known = this.#backends.flatMap(({ id }) => this.#latencies.get(id)?.valueMs ?? []);
    const unknownMs = lowerMedian(known) ?? 0;
    const total = this.#backends.length;
    let chosen: BackendSpec | undefined;
    let chosenMs = Infinity;
    // Starting one further each time spreads ties instead of giving them all to the first.
    this.#turn = (this.#turn + 1) % Math.max(1, total);
    for (let step = 0; step < total; step++) {
      const backend = this.#backends[(this.#turn + step) % total];
      if (backend === undefined || backend.health === "unhealthy") continue;
      const latencyMs = this.#latencies.get(backend.id)?.valueMs ?? unknownMs;
      if (latencyMs < chosenMs) {
        chosen = backend;
        chosenMs = latencyMs;
      }
    }
    return chosen;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    const staying = new Set(backends.map(({ id }) => id));
    for (const id of this.#latencies.keys()) if (!staying.has(id)) this.#latencies.delete(id);
    this.#backends = backends;
  }

  recordResult(result: RequestResult): void {
    if (!Number.isFinite(result.latencyMs) || result.latencyMs < 0) return;
    if (!this.#backends.some(({ id }) => id === result.backendId)) return;
    const sampleMs = result.success ? result.latencyMs : Math.max(result.latencyMs, this.#failurePenaltyMs);
    const nowMs = this.#clock.nowMs();
    const latency = this.#latencies.get(result.backendId);
    if (latency === undefined) {
      this.#latencies.set(result.backendId, { valueMs: sampleMs, updatedMs: nowMs });
      return;
    }
    // Two results at the same instant must both count, so the step is never shorter than a thousandth of tau.
    const elapsedMs = Math.max(nowMs - latency.updatedMs, this.#tauMs / 1000);
    latency.valueMs = ewmaStep(latency.valueMs, sampleMs, elapsedMs, this.#tauMs);
    latency.updatedMs = nowMs;
  }
}
