import { describe, expect, it } from "@jest/globals";
import type { HealthStatus } from "../../../../src/model/health.js";
import type { AssignmentEndpoint } from "../../../../src/translate/assignment.js";
import { type GrpcEndpoint, grpcAssignmentOf } from "../../../../src/translate/grpc/assignment.js";
import { endpoint } from "../fixtures.js";

const told = (id: string, port: number, share: number, more: Partial<AssignmentEndpoint> = {}): GrpcEndpoint => ({
  ...endpoint(id, { port, ...more }),
  share,
});

/** What a client makes of it: locality, weight (undefined = passed over), priority, health. */
const seen = (endpoints: readonly GrpcEndpoint[], hashed = false) =>
  grpcAssignmentOf("checkout", endpoints, hashed).endpoints.map(
    ({ locality, loadBalancingWeight, priority, lbEndpoints }) => [
      locality?.subZone,
      loadBalancingWeight,
      priority,
      lbEndpoints.map(({ healthStatus, loadBalancingWeight: own }) => [healthStatus, own]),
    ],
  );

const [HEALTHY, UNHEALTHY, DRAINING, DEGRADED] = [1, 2, 3, 5];

describe("assignment for gRPC clients", () => {
  it("is a locality per endpoint, weighed by its share, whatever it weighs for Envoy", () => {
    expect(seen([told("a", 1, 0.75, { weight: 60_000 }), told("b", 2, 0.25, { weight: 7 })])).toEqual([
      ["10.0.0.1:1", 750_000_000, 0, [[HEALTHY, undefined]]],
      ["10.0.0.1:2", 250_000_000, 0, [[HEALTHY, undefined]]],
    ]);
  });

  it("names the locality by the address, so that two instances of one place or one IPv6 host stay apart", () => {
    const locality = { region: "eu", zone: "a", subZone: "r" };
    const endpoints = [told("a", 1, 0.5, { locality }), told("b", 1, 0.5, { locality, address: "fd00::7" })];
    expect(seen(endpoints).map(([name]) => name)).toEqual(["10.0.0.1:1", "[fd00::7]:1"]);
  });

  it("adds up to less than 2^31 per priority, down to the smallest share", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => told(`i${i}`, 1 + i, i === 0 ? 1 : 1e-12));
    const weights = grpcAssignmentOf("checkout", many, false).endpoints.map((one) => one.loadBalancingWeight ?? 0);
    expect(Math.min(...weights)).toBe(1);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThan(2 ** 31);
  });

  it.each([
    ["UNHEALTHY", UNHEALTHY],
    ["DRAINING", DRAINING],
    ["TIMEOUT", 4],
  ] as const)("lists what is %s without weight, and is never empty", (health: HealthStatus, number) => {
    expect(seen([told("a", 1, 0, { health })])).toEqual([["10.0.0.1:1", undefined, 0, [[number, undefined]]]]);
  });

  it("uses DEGRADED, which gRPC does not know, where the plan gives it a share", () => {
    expect(seen([told("a", 1, 1, { health: "DEGRADED" })])[0]?.slice(3)).toEqual([[[HEALTHY, undefined]]]);
    expect(seen([told("a", 1, 1), told("b", 2, 0, { health: "DEGRADED" })])[1]).toEqual([
      "10.0.0.1:2",
      undefined,
      0,
      [[DEGRADED, undefined]],
    ]);
  });

  it("keeps a lower priority ready, by weight, and closes gaps", () => {
    const standby = [told("b", 2, 0, { priority: 7, weight: 30 }), told("c", 3, 0, { priority: 7, weight: 10 })];
    expect(seen([told("a", 1, 1), ...standby]).map((one) => one.slice(0, 3))).toEqual([
      ["10.0.0.1:1", 1_000_000_000, 0],
      ["10.0.0.1:2", 30, 1],
      ["10.0.0.1:3", 10, 1],
    ]);
  });

  it("takes Envoy's weights where keys decide, so that both have the same ring", () => {
    expect(seen([told("a", 1, 1 / 3, { weight: 1 }), told("b", 2, 2 / 3, { weight: 2 })], true)).toEqual([
      ["10.0.0.1:1", 1, 0, [[HEALTHY, undefined]]],
      ["10.0.0.1:2", 2, 0, [[HEALTHY, undefined]]],
    ]);
  });

  it("refuses two endpoints of one address", () => {
    expect(() => seen([told("a", 1, 0.5), told("b", 1, 0.5)])).toThrow("is the address of a too");
  });
});
