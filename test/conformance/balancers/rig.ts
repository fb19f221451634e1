// A fleet of made-up backends around one balancer: every request is answered with the latency and outcome that the test
// gives its backend, a millisecond of virtual time after it was sent, or later when requests shall overlap.
import * as fc from "fast-check";
import type { BackendSpec, LoadBalancer } from "../../../src/balancers/load-balancer.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { type Rng, seededRng } from "../../../src/runtime/rng.js";

export interface Behaviour {
  /** Milliseconds, default 10. */
  readonly latencyMs?: number;
  /** 0..1, default 0. */
  readonly failureRate?: number;
}

/** What a balancer under test is built from. */
export interface Surroundings {
  readonly clock: ManualClock;
  readonly rng: Rng;
  /** What the backend would answer to a probe now. */
  readonly loadOf: (backendId: string) => { readonly inFlight: number; readonly latencyMs: number };
}

export type MakeBalancer = (backends: readonly BackendSpec[], surroundings: Surroundings) => LoadBalancer;

export function backend(id: string, weight = 1, health: BackendSpec["health"] = "healthy"): BackendSpec {
  return { id, address: `127.0.0.1:${9000 + Number(id.replace(/\D/g, "") || 0)}`, weight, health };
}

export function fleet(count: number): readonly BackendSpec[] {
  return Array.from({ length: count }, (_, i) => backend(`b${i + 1}`));
}

/** Up to 12 backends of any weight and health. */
export const anyBackends = fc
  .array(
    fc.record({
      weight: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(65_535)),
      health: fc.constantFrom("healthy" as const, "degraded" as const, "unhealthy" as const),
    }),
    { maxLength: 12 },
  )
  .map((list) => list.map(({ weight, health }, i) => backend(`b${i}`, weight, health)));

export function usableIds(backends: readonly BackendSpec[]): ReadonlySet<string> {
  return new Set(backends.filter(({ health }) => health !== "unhealthy").map(({ id }) => id));
}

export class Rig {
  readonly clock = new ManualClock(1_000_000);
  readonly balancer: LoadBalancer;
  readonly #outcomes: Rng;
  readonly #outstanding: string[] = [];
  readonly #inFlight = new Map<string, number>();
  #behaviours: Readonly<Record<string, Behaviour>> = {};
  #requests = 0;

  constructor(make: MakeBalancer, backends: readonly BackendSpec[], seed: number) {
    // Two generators, so that what the fleet answers does not depend on how often the balancer draws.
    this.#outcomes = seededRng(seed + 1);
    this.balancer = make(backends, {
      clock: this.clock,
      rng: seededRng(seed),
      loadOf: (id) => ({
        inFlight: this.#inFlight.get(id) ?? 0,
        latencyMs: this.#behaviours[id]?.latencyMs ?? 10,
      }),
    });
  }

  behave(behaviours: Readonly<Record<string, Behaviour>>): this {
    this.#behaviours = behaviours;
    return this;
  }

  /**
   * Sends requests with distinct keys and counts whom they went to.
   * @param overlap requests that stay in flight behind the newest one
   */
  send(count: number, overlap = 0): Map<string, number> {
    const counts = new Map<string, number>();
    for (let n = 0; n < count; n++) {
      const request = this.#requests++;
      const chosen = this.balancer.select({ id: `r${request}`, clientId: `c${request}`, routeKey: `k${request}` });
      if (chosen === undefined) continue;
      counts.set(chosen.id, (counts.get(chosen.id) ?? 0) + 1);
      this.#inFlight.set(chosen.id, (this.#inFlight.get(chosen.id) ?? 0) + 1);
      this.#outstanding.push(chosen.id);
      while (this.#outstanding.length > overlap) this.#answer();
    }
    return counts;
  }

  #answer(): void {
    const backendId = this.#outstanding.shift();
    if (backendId === undefined) return;
    const { latencyMs = 10, failureRate = 0 } = this.#behaviours[backendId] ?? {};
    this.clock.advance(1);
    this.#inFlight.set(backendId, (this.#inFlight.get(backendId) ?? 0) - 1);
    this.balancer.recordResult({ backendId, success: this.#outcomes.next() >= failureRate, latencyMs });
  }
}
