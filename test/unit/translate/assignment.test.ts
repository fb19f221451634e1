import { describe, expect, it } from "@jest/globals";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import type { AssignmentEndpoint } from "../../../src/translate/assignment.js";
import { assignmentOf } from "../../../src/translate/assignment.js";
import { CHECKOUT, endpoint } from "./fixtures.js";

const MOST = 2 ** 32 - 1;
const roundTrip = (...endpoints: AssignmentEndpoint[]) =>
  ClusterLoadAssignment.decode(ClusterLoadAssignment.encode(assignmentOf(CHECKOUT, endpoints)).finish());

describe("assignment", () => {
  it("has a locality on the wire even where none is known", () => {
    expect(roundTrip(endpoint("a")).endpoints[0]?.locality).toEqual({ region: "", zone: "", subZone: "" });
  });

  it("weighs a locality by those of its endpoints that take traffic", () => {
    const [group] = roundTrip(
      endpoint("a", { weight: 3 }),
      endpoint("b", { weight: 5, port: 8_001, health: "DRAINING" }),
      endpoint("c", { weight: 7, port: 8_002, health: "DEGRADED" }),
    ).endpoints;
    expect(group?.loadBalancingWeight).toBe(10);
    expect(group?.lbEndpoints.map((entry) => entry.loadBalancingWeight)).toEqual([3, 5, 7]);
  });

  it("closes gaps between priorities, and keeps their order", () => {
    const { endpoints } = roundTrip(
      endpoint("c", { priority: 128, port: 1 }),
      endpoint("b", { priority: 9, port: 2 }),
      endpoint("a", { priority: 4, port: 3 }),
    );
    expect(endpoints.map(({ priority }) => priority)).toEqual([0, 1, 2]);
  });

  it("takes the largest weights that Envoy takes", () => {
    const { endpoints } = roundTrip(
      endpoint("a", { weight: MOST - 1 }),
      endpoint("b", { weight: 1, port: 8_001 }),
      endpoint("c", { weight: MOST, port: 8_002, priority: 1 }),
    );
    expect(endpoints.map(({ loadBalancingWeight }) => loadBalancingWeight)).toEqual([MOST, MOST]);
  });

  it("is empty for a service without endpoints", () => {
    expect(roundTrip()).toMatchObject({ clusterName: "checkout", endpoints: [] });
  });

  it.each<[string, Partial<AssignmentEndpoint>]>([
    ["weight 0", { weight: 0 }],
    ["weight 1.5", { weight: 1.5 }],
    ["weight NaN", { weight: Number.NaN }],
    ["weight 4294967296", { weight: MOST + 1 }],
    ["port 0", { port: 0 }],
    ["port 65536", { port: 65_536 }],
    ["priority 129", { priority: 129 }],
    ["priority -1", { priority: -1 }],
    ["not an IP literal: localhost", { address: "localhost" }],
    ["not an IP literal: ", { address: "" }],
  ])("refuses %s, naming the instance", (what, overrides) => {
    expect(() => assignmentOf(CHECKOUT, [endpoint("a", overrides)])).toThrow(
      expect.objectContaining({ code: "ERR_INTERNAL", message: `cannot translate checkout/a: ${what}` }),
    );
  });

  it("refuses two endpoints with one address, even in two localities: Envoy would keep the first, grpc-js none", () => {
    const elsewhere = { region: "eu", zone: "b", subZone: "" };
    expect(() => roundTrip(endpoint("a"), endpoint("b", { locality: elsewhere }))).toThrow(
      "cannot translate checkout/b: 10.0.0.1:8000 is the address of a too",
    );
  });

  it("refuses weights whose sum does not fit", () => {
    expect(() => roundTrip(endpoint("a", { weight: MOST }), endpoint("b", { port: 1, weight: 1 }))).toThrow(
      "the weights of priority 0 add up to more than 4294967295",
    );
  });
});
