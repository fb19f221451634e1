// Power of two choices (Mitzenmacher 2001) on the seed's score: two distinct random candidates, the lower score wins.
// Error rate and latency forget with time; connections are counted here, from select to recordResult. O(1) expected.
import type { Clock } from "../../runtime/clock.js";
import type { Rng } from "../../runtime/rng.js";
import { decayFactor } from "../../stats/decay.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { p2cScore } from "./score.js";

export interface P2cOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Memory of latency and error rate, milliseconds. Default 10,000. */
  readonly tauMs?: number;
}

interface BackendRecord {
  connections: number;
  requests: number;
  failures: number;
  latencySumMs: number;
  updatedMs: number;
}

export class P2cBalancer implements LoadBalancer {
  readonly name = "p2c";
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #tauMs: number;
  readonly #records = new Map<string, BackendRecord>();
  #eligible: readonly BackendSpec[] = [];

  constructor(backends: readonly BackendSpec[], options: P2cOptions) {
    this.#clock = options.clock;
    this.#rng = options.rng;
    this.#tauMs = options.tauMs ?? 10_000;
    this.updateBackends(backends);
  }

  select(_request: BalanceRequest): BackendSpec | undefined {
    const total = this.#eligible.length;
    const first = Math.floor(this.#rng.next() * total);
    // Drawing from one fewer and stepping over the first makes the two distinct without a second try.
    const offset = 1 + Math.floor(this.#rng.next() * (total - 1));
    const one = this.#eligible[first];
    const other = total > 1 ? this.#eligible[(first + offset) % total] : undefined;
    const chosen = one !== undefined && other !== undefined && this.#isBetter(other, one) ? other : one;
    if (chosen !== undefined) this.#recordOf(chosen.id).connections += 1;
    return chosen;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    const staying = new Set(backends.map(({ id }) => id));
    for (const id of this.#records.keys()) if (!staying.has(id)) this.#records.delete(id);
    for (const { id } of backends) this.#recordOf(id);
    this.#eligible = backends.filter(({ health }) => health !== "unhealthy");
  }

  recordResult({ backendId, success, latencyMs }: RequestResult): void {
    const record = this.#records.get(backendId);
    if (record === undefined) return;
    record.connections = Math.max(0, record.connections - 1);
    if (!Number.isFinite(latencyMs) || latencyMs < 0) return;
    this.#forget(record);
    record.requests += 1;
    record.failures += success ? 0 : 1;
    record.latencySumMs += latencyMs;
  }

  /** Scores that differ by rounding only are equal: the first drawn, and so chance, decides. */
  #isBetter(other: BackendSpec, one: BackendSpec): boolean {
    return this.#score(other.id) < this.#score(one.id) * (1 - 1e-9);
  }

  #recordOf(id: string): BackendRecord {
    let record = this.#records.get(id);
    if (record === undefined) {
      record = { connections: 0, requests: 0, failures: 0, latencySumMs: 0, updatedMs: this.#clock.nowMs() };
      this.#records.set(id, record);
    }
    return record;
  }

  #forget(record: BackendRecord): void {
    const nowMs = this.#clock.nowMs();
    const keep = decayFactor(nowMs - record.updatedMs, this.#tauMs);
    record.requests *= keep;
    record.failures *= keep;
    record.latencySumMs *= keep;
    record.updatedMs = nowMs;
  }

  #score(id: string): number {
    const { connections, requests, failures, latencySumMs } = this.#recordOf(id);
    const known = requests > 1e-6;
    return p2cScore({
      connections,
      latencyMs: known ? latencySumMs / requests : 0,
      errorRate: known ? failures / requests : 0,
    });
  }
}
