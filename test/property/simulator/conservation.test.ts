// Whatever happens, no request is lost and none ends twice.
import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { HostChange } from "../../../src/simulator/plant/host-change.js";
import { BASE, mixedSizes, planOf } from "../../../src/simulator/scenario.js";
import { SCENARIOS } from "../../../src/simulator/scenarios/index.js";
import { type Run, run } from "../../../src/simulator/simulation.js";
import type { SimulationPlan, TimelineEvent } from "../../../src/simulator/simulation-plan.js";

const runOf = (plan: SimulationPlan, policy: string, seed: number): Run =>
  run({ plan, policy, seed, controlSettings: DEFAULT_CONTROL_SETTINGS, policySettings: {} });

function expectConserved({ recorder }: Run): void {
  expect(recorder.arrivals).toBeGreaterThan(0);
  expect(recorder.successes + recorder.failures + recorder.unfinished).toBe(recorder.arrivals);
}

const change: fc.Arbitrary<HostChange> = fc.oneof(
  fc.record({ kind: fc.constant("slow" as const), factor: fc.double({ min: 0.5, max: 20, noNaN: true }) }),
  fc.record({
    kind: fc.constant("fail" as const),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
    status: fc.constantFrom(503 as const, 429 as const),
    when: fc.constantFrom("at-once" as const, "after-service" as const),
  }),
  fc.record({ kind: fc.constant("pause" as const), forMs: fc.integer({ min: 1, max: 4_000 }) }),
  fc.record({ kind: fc.constant("reach" as const), state: fc.constantFrom("up", "refused", "unreachable") }),
  fc.record({ kind: fc.constant("slots" as const), slots: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("member" as const), state: fc.constantFrom("absent", "ready", "draining") }),
);

const event: fc.Arbitrary<TimelineEvent> = fc.record({
  atMs: fc.integer({ min: 0, max: 8_000 }),
  kind: fc.constant("hosts" as const),
  hosts: fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
  change,
});

describe("conservation", () => {
  test("under any faults, timeouts and retries", () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom("adaptive", "least-request", "oracle", "local:peak-ewma"),
        fc.integer({ min: 1, max: 1_000 }),
        (timeline, retries, policy, seed) => {
          const parameters = { ...BASE, hosts: 6, proxies: 2, seconds: 5, warmupSeconds: 2 };
          const plan = planOf(parameters, mixedSizes(6), {
            timeline,
            retries,
            workers: 2,
            requestTimeoutMs: 1_500,
            crossZoneMs: 10,
            proxyZones: [0, 1],
          });
          const done = runOf(plan, policy, seed);
          expectConserved(done);
          // Picks: one per attempt.
          expect(done.recorder.series.seconds().reduce((sum, { picks }) => sum + picks, 0)).toBeLessThanOrEqual(
            done.recorder.arrivals * (1 + retries),
          );
        },
      ),
      { numRuns: 15 },
    );
  });

  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    "in %s, and the same run twice is the same",
    (_, scenario) => {
      const plan = scenario.plan({
        ...scenario.defaults,
        seconds: 6,
        warmupSeconds: 2,
        proxies: Math.min(6, scenario.defaults.proxies),
      });
      const first = runOf(plan, "adaptive", 5);
      expectConserved(first);
      const again = runOf(plan, "adaptive", 5);
      expect(again.events).toBe(first.events);
      expect(again.pushes).toEqual(first.pushes);
      expect(again.recorder.windows.map((window) => window.result())).toEqual(
        first.recorder.windows.map((window) => window.result()),
      );
    },
  );
});
