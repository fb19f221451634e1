// Against what Envoy 1.40 did with the same weights: 40 requests in flight, equal latency, one worker.
import { describe, expect, test } from "@jest/globals";
import type { EnvoyEnforcement } from "../../../../src/model/enforcement.js";
import { seededRng } from "../../../../src/runtime/rng.js";
import { createPicker } from "../../../../src/simulator/envoy/create-picker.js";

const leastRequest = (activeRequestBias: number): EnvoyEnforcement => ({
  policy: "least_request",
  choiceCount: 2,
  activeRequestBias,
});

interface ClosedLoop {
  readonly enforcement: EnvoyEnforcement;
  readonly weights: readonly number[];
  /** By host; default all alike. */
  readonly latencyMs?: readonly number[];
  readonly inFlight?: number;
  readonly picks?: number;
}

/** Shares of the picks when as many requests as `inFlight` are always under way. */
function shares({ enforcement, weights, latencyMs, inFlight = 40, picks = 20_000 }: ClosedLoop): number[] {
  const active = new Int32Array(weights.length);
  const picker = createPicker(enforcement, active, seededRng(7));
  picker.update(
    Int32Array.from(weights, (_, i) => i),
    Float64Array.from(weights),
  );
  const jitter = seededRng(8);
  const underWay: { host: number; endMs: number }[] = [];
  const count = weights.map(() => 0);
  let nowMs = 0;
  for (let i = 0; i < picks; i++) {
    if (underWay.length === inFlight) {
      let first = 0;
      for (let k = 1; k < underWay.length; k++) if (underWay[k]!.endMs < underWay[first]!.endMs) first = k;
      const [ended] = underWay.splice(first, 1);
      nowMs = ended!.endMs;
      active[ended!.host]! -= 1;
    }
    const host = picker.pick();
    count[host]! += 1;
    active[host]! += 1;
    underWay.push({ host, endMs: nowMs + (latencyMs?.[host] ?? 20) * (0.9 + 0.2 * jitter.next()) });
  }
  return count.map((value) => value / picks);
}

function expectShares(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((share, i) => expect(Math.abs(share - expected[i]!)).toBeLessThan(0.012));
}

describe("Envoy's policies", () => {
  const weights = [1, 2, 4];
  test("ROUND_ROBIN and LEAST_REQUEST without bias follow the weights", () => {
    expectShares(shares({ enforcement: { policy: "round_robin" }, weights }), [0.143, 0.286, 0.571]);
    expectShares(shares({ enforcement: leastRequest(0), weights }), [0.143, 0.286, 0.571]);
  });

  test("LEAST_REQUEST follows their square root with many in flight", () => {
    expectShares(shares({ enforcement: leastRequest(1), weights }), [0.224, 0.321, 0.455]);
    expectShares(shares({ enforcement: leastRequest(0.5), weights }), [0.193, 0.309, 0.498]);
  });

  test("LEAST_REQUEST follows them exactly with one in flight at a time", () => {
    expectShares(shares({ enforcement: leastRequest(1), weights, inFlight: 1 }), [0.143, 0.286, 0.571]);
  });

  test("RANDOM ignores them; hashing draws by them", () => {
    expectShares(shares({ enforcement: { policy: "random" }, weights }), [0.333, 0.333, 0.333]);
    const ring: EnvoyEnforcement = { policy: "maglev", tableSize: 65_537 };
    expectShares(shares({ enforcement: ring, weights }), [0.143, 0.286, 0.571]);
  });

  test("one host of 200 ms among 20 ms: power of two choices with equal weights, EDF with unequal ones", () => {
    const latencyMs = [20, 20, 200];
    expectShares(shares({ enforcement: leastRequest(1), weights: [100, 100, 100], latencyMs }), [0.449, 0.446, 0.105]);
    expectShares(shares({ enforcement: leastRequest(1), weights: [100, 100, 101], latencyMs }), [0.43, 0.431, 0.139]);
    expectShares(
      shares({ enforcement: { policy: "round_robin" }, weights: [1, 2, 4], latencyMs }),
      [0.143, 0.286, 0.571],
    );
  });

  test("no healthy host means no host", () => {
    for (const policy of ["round_robin", "random"] as const) {
      const picker = createPicker({ policy }, new Int32Array(2), seededRng(1));
      expect(picker.pick()).toBe(-1);
      picker.update(new Int32Array(0), new Float64Array(2));
      expect(picker.pick()).toBe(-1);
    }
    const picker = createPicker(leastRequest(1), new Int32Array(2), seededRng(1));
    expect(picker.pick()).toBe(-1);
  });

  test("a single healthy host gets everything, whatever its weight", () => {
    const picker = createPicker(leastRequest(1), new Int32Array(3), seededRng(1));
    picker.update(Int32Array.of(2), Float64Array.of(5, 7, 9));
    expect([picker.pick(), picker.pick()]).toEqual([2, 2]);
  });
});
