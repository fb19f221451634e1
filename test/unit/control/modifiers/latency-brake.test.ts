import { describe, expect, test } from "@jest/globals";
import { latencyBrake } from "../../../../src/control/modifiers/latency-brake.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../../src/control/settings.js";
import type { InstanceId } from "../../../../src/model/ids.js";
import type { EndpointLoad } from "../../../../src/model/load.js";

interface Seen {
  readonly latencyMs: number;
  readonly rps: number;
  readonly inFlight?: number;
}

const IDS = ["a", "b", "c", "d", "e"].map((id) => id as InstanceId);
const USUAL: Seen = { latencyMs: 20, rps: 100 };

function loadOf(instance: InstanceId, { latencyMs, rps, inFlight = (rps * latencyMs) / 1000 }: Seen): EndpointLoad {
  return {
    instance,
    successes: rps,
    errors: 0,
    issued: rps,
    inFlight,
    rps,
    errorRate: 0,
    latencyMs,
    latencyCount: rps,
    latencySource: "envoy",
    utilization: undefined,
    ageMs: 0,
    confidence: 1,
  };
}

/** Runs rounds of one second; `a` is seen as given, the others as usual. Returns the factor of `a` after each. */
class Fleet {
  #state: Parameters<typeof latencyBrake.evaluate>[0]["state"];

  run(rounds: number, a: Seen = USUAL, others: Seen = USUAL): number[] {
    return Array.from({ length: rounds }, () => {
      const loads = IDS.map((id, i) => loadOf(id, i === 0 ? a : others));
      const { effects, state } = latencyBrake.evaluate({
        elapsedMs: 1_000,
        gapMs: 1_000,
        ids: IDS,
        loads,
        completions: loads.reduce((sum, { successes }) => sum + successes, 0),
        serviceRps: 500,
        policyShareOf: () => 1 / IDS.length,
        settings: DEFAULT_CONTROL_SETTINGS,
        state: this.#state,
      });
      this.#state = state;
      return effects.get(0)?.factor.value ?? 1;
    });
  }
}

describe("latency brake", () => {
  test("ten times slower and doing a tenth: within three rounds it keeps half of what it still does", () => {
    const fleet = new Fleet();
    fleet.run(20);
    expect(fleet.run(3, { latencyMs: 200, rps: 10 }).at(-1)).toBeCloseTo((0.5 * (10 / 410)) / 0.2, 6);
  });

  test("a full queue at full rate is relieved, not taken out", () => {
    const fleet = new Fleet();
    fleet.run(20);
    const factors = fleet.run(4, { latencyMs: 200, rps: 100 });
    expect(factors.at(-1)).toBeLessThan(1);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.5);
  });

  test("a pause that has passed by the end of the round brakes nobody", () => {
    const fleet = new Fleet();
    fleet.run(20);
    expect(fleet.run(2, { latencyMs: 800, rps: 10 })).toEqual([1, 1]);
    fleet.run(20);
    expect(fleet.run(5, { latencyMs: 800, rps: 60, inFlight: 1 })).toEqual([1, 1, 1, 1, 1]);
  });

  test("whoever is braked for pauses again and again earns patience", () => {
    const fleet = new Fleet();
    fleet.run(20);
    const pause = { latencyMs: 800, rps: 10 };
    expect(fleet.run(3, pause).at(-1)).toBeLessThan(1);
    fleet.run(15);
    expect(fleet.run(3, pause).at(-1)).toBe(1);
  });

  test("all slower alike brakes nobody", () => {
    const fleet = new Fleet();
    fleet.run(20);
    const slow = { latencyMs: 200, rps: 50 };
    expect(fleet.run(10, slow, slow)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  test("a stall without answers shows in the queue", () => {
    const fleet = new Fleet();
    fleet.run(20);
    expect(fleet.run(3, { latencyMs: 20, rps: 0, inFlight: 60 }).at(-1)).toBeLessThan(0.1);
  });

  test("well again: released within ten rounds", () => {
    const fleet = new Fleet();
    fleet.run(20);
    fleet.run(10, { latencyMs: 200, rps: 5 });
    expect(fleet.run(12, { latencyMs: 20, rps: 50 }).at(-1)).toBe(1);
  });
});
