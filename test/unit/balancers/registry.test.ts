import { describe, expect, test } from "@jest/globals";
import { bindPolicy, WEIGHT_POLICIES } from "../../../src/balancers/registry.js";
import { LEAST_REQUEST, RANDOM, ROUND_ROBIN } from "../../../src/model/enforcement.js";
import type { InstanceId } from "../../../src/model/ids.js";
import type { EndpointLoad } from "../../../src/model/load.js";
import { policyRound } from "../../harness/policy-rounds.js";

const bind = (algorithm: string, settings: Record<string, unknown> = {}) => bindPolicy({ algorithm, settings });

describe("policies by name", () => {
  test.each([
    ["adaptive", LEAST_REQUEST],
    ["least-connections", LEAST_REQUEST],
    ["least-latency", LEAST_REQUEST],
    ["p2c", LEAST_REQUEST],
    ["peak-ewma", LEAST_REQUEST],
    ["random", RANDOM],
    ["round-robin", ROUND_ROBIN],
    ["weighted-round-robin", ROUND_ROBIN],
    ["consistent-hash", { policy: "maglev", tableSize: 65_537 }],
  ])("%s is enforced by %j", (algorithm, enforcement) => {
    expect(bind(algorithm).enforcement).toEqual(enforcement);
  });

  test("the table of consistent-hash is a setting", () => {
    expect(bind("consistent-hash", { table: "ring", minimumRingSize: 8_192 }).enforcement).toEqual({
      policy: "ring_hash",
      minimumRingSize: 8_192,
      maximumRingSize: 1_048_576,
    });
  });

  test.each([
    [{ table: "rendezvous" }, "/settings/table"],
    [{ tableSize: 65_536 }, "/settings/tableSize"],
    [{ tableSize: 5_000_023 }, "/settings/tableSize"],
    [{ minimumRingSize: 65_536, maximumRingSize: 1_024 }, "/settings/maximumRingSize"],
    [{ minimumRingSize: 0 }, "/settings/minimumRingSize"],
    [{ virtualNodes: 100 }, "/settings"],
  ])("settings %j are refused at %s", (settings, pointer) => {
    expect(() => bind("consistent-hash", settings)).toThrow(
      expect.objectContaining({
        code: "ERR_INVALID_REQUEST",
        errors: expect.arrayContaining([expect.objectContaining({ pointer: expect.stringContaining(pointer) })]),
      }),
    );
  });
});

describe.each(WEIGHT_POLICIES.filter(({ dynamic }) => !dynamic))("$name, which follows no signal", (policy) => {
  test("gives shares that are equal or as registered, whatever is measured", () => {
    const members = [10, 20, 30].map((weight, i) => ({ id: `i${i}`, weight }));
    const evaluate = (latencyMs: number) => {
      const load: EndpointLoad = {
        instance: "i0" as InstanceId,
        successes: 1,
        errors: 9,
        issued: 10,
        inFlight: 5,
        rps: 10,
        errorRate: 0.9,
        latencyMs,
        latencyCount: 10,
        latencySource: "envoy",
        utilization: undefined,
        ageMs: 0,
        confidence: 1,
      };
      const config = policy.configSchema.parse({});
      const { products, factorsOf } = policy.evaluate(
        policyRound(members, [load, undefined, undefined], config, undefined),
      );
      return { products: [...products], factors: members.map((_, i) => factorsOf(i)) };
    };
    const values = evaluate(5).factors.map(([factor]) => factor?.value ?? 0);
    expect([
      [1, 1, 1],
      [0.5, 1, 1.5],
    ]).toContainEqual(values);
    expect(evaluate(5).products).toEqual(values);
    expect(evaluate(5_000)).toEqual(evaluate(5));
  });
});
