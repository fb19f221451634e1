import { describe, expect, test } from "@jest/globals";
import { peakEwmaPolicy } from "../../../../src/balancers/peak-ewma/policy.js";
import type { InstanceId } from "../../../../src/model/ids.js";
import type { EndpointLoad } from "../../../../src/model/load.js";
import { policyRound } from "../../../harness/policy-rounds.js";

type Rounds = Readonly<Record<string, readonly [latencyMs: number, count: number]>>;

const config = peakEwmaPolicy.configSchema.parse({});

function load(id: string, latencyMs: number, count: number): EndpointLoad {
  return {
    instance: id as InstanceId,
    successes: count,
    errors: 0,
    issued: count,
    inFlight: 0,
    rps: count,
    errorRate: 0,
    latencyMs,
    latencyCount: count,
    latencySource: "envoy",
    utilization: undefined,
    ageMs: 0,
    confidence: 1,
  };
}

/** Feeds rounds of one second each; the factor "peak latency" of every instance after each of them. */
function factorsOf(rounds: readonly Rounds[]): Record<string, number>[] {
  let state: ReturnType<typeof peakEwmaPolicy.evaluate>["state"] | undefined;
  const ids = Object.keys(rounds[0] ?? {});
  return rounds.map((round) => {
    const loads = ids.map((id) => load(id, ...(round[id] ?? [0, 0])));
    const output = peakEwmaPolicy.evaluate(
      policyRound(
        ids.map((id) => ({ id })),
        loads,
        config,
        state,
      ),
    );
    state = JSON.parse(JSON.stringify(output.state));
    return Object.fromEntries(
      ids.map((id, i) => [id, output.factorsOf(i).find(({ name }) => name === "peak latency")?.value ?? 0]),
    );
  });
}

describe("peak EWMA as fleet weights", () => {
  test("without samples everybody is neutral", () => {
    expect(factorsOf([{ a: [0, 0], b: [0, 0] }])).toEqual([{ a: 1, b: 1 }]);
  });

  test("a peak is believed at once, in one round, and forgotten slowly", () => {
    const calm: Rounds = { a: [20, 50], b: [20, 50], c: [20, 50] };
    const all = factorsOf([calm, { ...calm, b: [80, 50] }, ...Array.from({ length: 30 }, () => calm)]);
    expect(all[0]).toEqual({ a: 1, b: 1, c: 1 });
    expect(all[1]?.["b"]).toBeCloseTo(0.25, 9);
    const later = all.slice(1).map((factors) => factors["b"] ?? 0);
    later.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(later[i] ?? 0));
    // 60 ms of excess after one memory of 10 s: 20 + 60/e.
    expect(all[11]?.["b"]).toBeCloseTo(20 / (20 + 60 / Math.E), 6);
  });

  test("one slow request among few is no peak: samples are put together until they are enough", () => {
    const calm: Rounds = { a: [20, 50], b: [20, 50], c: [20, 50] };
    const all = factorsOf([calm, { ...calm, b: [500, 1] }, { ...calm, b: [20, 3] }, { ...calm, b: [20, 1] }]);
    expect(all.slice(1, 3).map((factors) => factors["b"])).toEqual([1, 1]);
    expect(all[3]?.["b"]).toBeCloseTo(20 / ((500 + 4 * 20) / 5), 9);
  });

  test("shares are bounded on both sides", () => {
    const [factors] = factorsOf([{ a: [1, 50], b: [100, 50], c: [100_000, 50] }]);
    expect(factors).toEqual({ a: 8, b: 1, c: 1 / 8 });
  });
});
