import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { ConsistentHashBalancer } from "../../../src/balancers/consistent-hash/consistent-hash.js";
import { MaglevBalancer } from "../../../src/balancers/consistent-hash/maglev.js";
import { FailoverBalancer } from "../../../src/balancers/failover/failover-balancer.js";
import type { BackendSpec } from "../../../src/balancers/load-balancer.js";
import { P2cBalancer } from "../../../src/balancers/p2c/p2c.js";
import { PriorityRouter } from "../../../src/balancers/priority/priority-router.js";
import { BackOff } from "../../../src/balancers/retry/back-off.js";
import { RetryBalancer } from "../../../src/balancers/retry/retry-balancer.js";
import { RetryBudget } from "../../../src/balancers/retry/retry-budget.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { type Rng, seededRng } from "../../../src/runtime/rng.js";

const backends = fc
  .array(fc.constantFrom<BackendSpec["health"]>("healthy", "degraded", "unhealthy"), { minLength: 1, maxLength: 8 })
  .map((healths) =>
    healths.map((health, i): BackendSpec => ({ id: `b${i}`, address: `10.0.0.${i}:80`, weight: 1, health })),
  );

test.each([
  { name: "p2c", make: (clock: ManualClock, rng: Rng) => new P2cBalancer([], { clock, rng }) },
  { name: "maglev", make: () => new MaglevBalancer([], { tableSize: 211 }) },
  { name: "maglev, bounded", make: () => new MaglevBalancer([], { tableSize: 211, boundedLoad: 1.1 }) },
  {
    name: "failover",
    make: (clock: ManualClock, rng: Rng) =>
      new FailoverBalancer([], {
        balancerFor: () => new P2cBalancer([], { clock, rng }),
        placementOf: ({ id }) => ({ priority: id < "b3" ? 0 : 1, locality: { region: "", zone: "", subZone: "" } }),
        panicThreshold: 0,
        rng,
      }),
  },
  {
    name: "priority",
    make: (clock: ManualClock, rng: Rng) => {
      const pool = () => ({ balancer: new P2cBalancer([], { clock, rng }), accepts: () => true });
      return new PriorityRouter([], { pools: { high: pool(), normal: pool(), low: pool() } });
    },
  },
  { name: "consistent-hash", make: () => new ConsistentHashBalancer([]) },
])("over $name: no backend twice while another one is selectable, and none that is unhealthy ever", ({ make }) => {
  fc.assert(
    fc.property(backends, fc.integer({ min: 1, max: 12 }), fc.integer(), (list, maxAttempts, seed) => {
      const clock = new ManualClock();
      const rng = seededRng(seed);
      const inner = make(clock, rng);
      const budget = new RetryBudget({ clock, maxTokens: 100 });
      const retry = new RetryBalancer(list, inner, { clock, rng, maxAttempts, budget });
      const sequence = retry.sequence({ id: "r" });
      const tried: string[] = [];
      for (;;) {
        const chosen = sequence.select();
        if (chosen !== undefined) {
          tried.push(chosen.id);
          expect(chosen).toBe(list.find(({ id }) => id === chosen.id));
        }
        const next =
          chosen === undefined ? sequence.unavailable(clock.nowMs()) : sequence.failed(new Error("x"), clock.nowMs());
        if (next.kind === "stop") break;
        clock.advance(next.delayMs);
      }
      const selectable = list.filter(({ health }) => health !== "unhealthy").map(({ id }) => id);
      expect(tried).toHaveLength(selectable.length === 0 ? 0 : maxAttempts);
      expect(new Set(tried).size).toBe(Math.min(selectable.length, tried.length));
      expect(tried.every((id) => selectable.includes(id))).toBe(true);
    }),
  );
});

test("over any span, retries stay within burst + ratio of requests + trickle", () => {
  const events = fc.array(
    fc.oneof(
      fc.constant("request" as const),
      fc.constant("retry" as const),
      fc.integer({ min: 0, max: 20_000 }).map((ms) => ({ ms })),
    ),
    { maxLength: 300 },
  );
  const settings = fc.record({
    ratio: fc.double({ min: 0, max: 1, noNaN: true }),
    minRetriesPerS: fc.double({ min: 0, max: 20, noNaN: true }),
    maxTokens: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(events, settings, fc.nat(), (all, options, offset) => {
      const clock = new ManualClock();
      const budget = new RetryBudget({ clock, ...options });
      const from = offset % (all.length + 1);
      let [requests, retries, seconds] = [0, 0, 0];
      all.forEach((event, i) => {
        let granted = false;
        if (event === "request") budget.onRequest();
        else if (event === "retry") granted = budget.tryRetry();
        else clock.advance(event.ms);
        if (i < from) return;
        if (event === "request") requests += 1;
        else if (event === "retry") retries += granted ? 1 : 0;
        else seconds += event.ms / 1_000;
      });
      // What time added before the span, but was booked in it, is within the burst.
      expect(retries).toBeLessThanOrEqual(
        options.maxTokens + options.ratio * requests + options.minRetriesPerS * seconds + 1e-6,
      );
    }),
  );
});

test("a clock that stands still or goes back gives no tokens", () => {
  let nowMs = 1_000;
  const budget = new RetryBudget({
    clock: { nowMs: () => nowMs, wallMs: () => nowMs, schedule: () => () => undefined },
    ratio: 0,
    minRetriesPerS: 10,
    maxTokens: 1,
  });
  expect(budget.tryRetry()).toBe(true);
  nowMs = 0;
  expect([budget.tryRetry(), budget.tryRetry()]).toEqual([false, false]);
});

describe.each(["full", "decorrelated"] as const)("%s jitter", (jitter) => {
  test("delays stay within their bounds, and differ", () => {
    const settings = fc.record({ baseMs: fc.integer({ min: 1, max: 500 }), factor: fc.integer({ min: 1, max: 100 }) });
    fc.assert(
      fc.property(settings, fc.integer(), ({ baseMs, factor }, seed) => {
        const maxMs = baseMs * factor;
        const backOff = new BackOff({ jitter, baseMs, maxMs }, seededRng(seed));
        const delays = Array.from({ length: 12 }, () => backOff.nextMs());
        let previousMs = baseMs;
        delays.forEach((delayMs, n) => {
          const low = jitter === "full" ? 0 : Math.min(baseMs, maxMs);
          const high = jitter === "full" ? baseMs * 2 ** n : 3 * previousMs;
          expect(delayMs).toBeGreaterThanOrEqual(low);
          expect(delayMs).toBeLessThanOrEqual(Math.min(maxMs, high));
          previousMs = delayMs;
        });
        // Those at the limit are equal.
        const drawn = delays.filter((delayMs) => delayMs < maxMs);
        expect(new Set(drawn).size).toBe(drawn.length);
      }),
    );
  });
});
