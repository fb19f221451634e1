import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { healthOptions } from "../../../../src/balancers/health/health-options.js";
import { BackendObservation } from "../../../../src/balancers/health/observed-health.js";

const options = healthOptions({});

/** One request every 10 ms: 1,000 in a window. */
const STEP_MS = 10;

function feed(observation: BackendObservation, outcomes: readonly boolean[], fromMs: number): number {
  let nowMs = fromMs;
  for (const success of outcomes) {
    nowMs += STEP_MS;
    observation.advance(nowMs);
    observation.record(success, nowMs, true);
  }
  return nowMs;
}

/** Exactly one failure in `every` requests. */
const pattern = (every: number, count: number): readonly boolean[] =>
  Array.from({ length: count }, (_, i) => i % every !== every - 1);

it("is unhealthy after the fifth failure in a row, and not before", () => {
  const observation = new BackendObservation(options);
  feed(observation, [true, false, false, false, false], 0);
  expect(observation.health).toBe("healthy");
  feed(observation, [false], 50);
  expect(observation.health).toBe("unhealthy");
});

it("does not judge by few requests", () => {
  const observation = new BackendObservation(options);
  feed(observation, pattern(2, options.minRequests - 1), 0);
  expect(observation.health).toBe("healthy");
  feed(observation, pattern(2, 2), 1_000);
  expect(observation.health).toBe("degraded");
});

it("keeps its verdict between the two thresholds", () => {
  // One in 14 is 7.1 %, between 5 % and 10 %.
  const healthy = new BackendObservation(options);
  feed(healthy, pattern(14, 5_000), 0);
  expect(healthy.health).toBe("healthy");
  const degraded = new BackendObservation(options);
  const nowMs = feed(degraded, pattern(6, 600), 0);
  expect(degraded.health).toBe("degraded");
  const laterMs = feed(degraded, pattern(14, 5_000), nowMs);
  expect(degraded.health).toBe("degraded");
  feed(degraded, pattern(30, 2_000), laterMs);
  expect(degraded.health).toBe("healthy");
});

it("forgives a quiet backend after a window without failures", () => {
  const observation = new BackendObservation(options);
  const nowMs = feed(observation, pattern(6, 60), 0);
  expect(observation.health).toBe("degraded");
  observation.record(true, nowMs + options.windowMs + 1, true);
  expect(observation.health).toBe("healthy");
});

it("is degraded instead of unhealthy when it cannot be spared", () => {
  const observation = new BackendObservation(options);
  for (let n = 0; n < 50; n++) observation.record(false, n, false);
  expect(observation.health).toBe("degraded");
});

it("ends probation with three successes in a row, and begins a longer ejection with one failure", () => {
  const observation = new BackendObservation(options);
  feed(observation, [false, false, false, false, false], 0);
  observation.advance(50 + options.ejectionMs - 1);
  expect(observation.health).toBe("unhealthy");
  observation.advance(50 + options.ejectionMs);
  expect(observation.health).toBe("probation");
  const failedMs = feed(observation, [true, true, false], 100_000);
  expect(observation.health).toBe("unhealthy");
  expect(observation.dueMs).toBe(failedMs + 2 * options.ejectionMs);
  observation.advance(failedMs + 2 * options.ejectionMs);
  feed(observation, [true, true, true], 200_000);
  expect(observation.health).toBe("healthy");
});

it("starts a new series after having done well for long", () => {
  const observation = new BackendObservation(options);
  const five = [false, false, false, false, false];
  feed(observation, five, 0);
  observation.advance(40_000);
  const wellMs = feed(observation, [true, true, true], 40_000);
  const againMs = feed(observation, five, wellMs + options.maxEjectionMs);
  expect(observation.dueMs).toBe(againMs + options.ejectionMs);
});

it("recovers from any history once requests succeed", () => {
  const history = fc.array(fc.record({ success: fc.boolean(), afterMs: fc.integer({ min: 0, max: 60_000 }) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(history, (steps) => {
      const observation = new BackendObservation(options);
      let nowMs = 0;
      for (const { success, afterMs } of steps) {
        nowMs += afterMs;
        observation.advance(nowMs);
        observation.record(success, nowMs, true);
      }
      feed(observation, pattern(Infinity, (options.maxEjectionMs + 3 * options.windowMs) / STEP_MS), nowMs);
      expect(observation.health).toBe("healthy");
    }),
    { numRuns: 30 },
  );
});

it.each([
  { windowMs: 0 },
  { buckets: 1.5 },
  { minRequests: 0 },
  { restoreAt: 0.1 },
  { ejectAt: 0.05 },
  { ejectAt: Number.NaN },
  { maxEjectedShare: 1.1 },
  { probationIntervalMs: -1 },
])("refuses thresholds that make no sense: %j", (given) => {
  expect(() => healthOptions(given)).toThrow(expect.objectContaining({ code: "ERR_INVALID_REQUEST" }));
});
