import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { HealthStatus as EnvoyHealth } from "../../../src/gen/envoy/config/core/v3/health_check.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { endpointKey } from "../../../src/model/instance.js";
import { type AssignmentEndpoint, assignmentOf } from "../../../src/translate/assignment.js";
import { CHECKOUT, endpoint } from "../../unit/translate/fixtures.js";

const zone = fc.constantFrom("", "a", "b");
const weight = fc.integer({ min: 1, max: 60_000 });

const endpoints = fc.uniqueArray(
  fc
    .record({
      port: fc.integer({ min: 1, max: 65_535 }),
      address: fc.constantFrom("10.0.0.1", "::1", "fd00::2"),
      locality: fc.record({ region: zone, zone, subZone: zone }),
      hostname: fc.constantFrom("", "host"),
      priority: fc.constantFrom(0, 1, 5, 128),
      weight,
      health: fc.constantFrom("UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"),
    })
    .map((fields) => endpoint(`i-${fields.address}-${fields.port}`, fields)),
  { selector: ({ address, port }) => endpointKey(address, port), maxLength: 25 },
);

const encode = (list: readonly AssignmentEndpoint[]): Uint8Array =>
  ClusterLoadAssignment.encode(assignmentOf(CHECKOUT, list)).finish();
const decode = (list: readonly AssignmentEndpoint[]): ClusterLoadAssignment =>
  ClusterLoadAssignment.decode(encode(list));

/** What Envoy is told about each endpoint, by address. */
function told(assignment: ClusterLoadAssignment): Map<string, object> {
  const byKey = new Map<string, object>();
  for (const group of assignment.endpoints) {
    for (const { hostIdentifier, healthStatus, loadBalancingWeight } of group.lbEndpoints) {
      if (hostIdentifier?.$case !== "endpoint") throw new Error("no endpoint");
      const address = hostIdentifier.value.address?.address;
      if (address?.$case !== "socketAddress" || address.value.portSpecifier?.$case !== "portValue")
        throw new Error("no ip");
      const key = endpointKey(address.value.address, address.value.portSpecifier.value);
      if (byKey.has(key)) throw new Error(`${key} twice`);
      const { hostname } = hostIdentifier.value;
      byKey.set(key, { locality: group.locality, health: healthStatus, weight: loadBalancingWeight, hostname });
    }
  }
  return byKey;
}

function withoutWeights(assignment: ClusterLoadAssignment): unknown {
  return JSON.parse(JSON.stringify(assignment, (key, value) => (key === "loadBalancingWeight" ? undefined : value)));
}

describe("assignment", () => {
  it("gives back every endpoint once, with its weight, health, locality and name", () => {
    fc.assert(
      fc.property(endpoints, (list) => {
        const expected = list.map(
          ({ address, port, locality, health, weight: given, hostname }) =>
            [endpointKey(address, port), { locality, health: EnvoyHealth[health], weight: given, hostname }] as const,
        );
        expect(told(decode(list))).toEqual(new Map(expected));
      }),
    );
  });

  it("has one group per priority and locality, and priorities without gaps", () => {
    fc.assert(
      fc.property(endpoints, (list) => {
        const groups = decode(list).endpoints;
        const keys = groups.map(({ priority, locality }) => JSON.stringify([priority, locality]));
        expect(new Set(keys).size).toBe(keys.length);
        const levels = [...new Set(groups.map(({ priority }) => priority))];
        expect(levels).toEqual(levels.map((_, index) => index));
      }),
    );
  });

  it("has the same bytes for every order of its endpoints", () => {
    fc.assert(
      fc.property(
        endpoints.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(encode(shuffled)).toEqual(encode(list));
        },
      ),
    );
  });

  it("changes in nothing but weights when only weights change", () => {
    fc.assert(
      fc.property(endpoints, fc.array(weight, { minLength: 25, maxLength: 25 }), (list, weights) => {
        const changed = list.map((given, index) => ({ ...given, weight: weights[index] ?? 1 }));
        expect(withoutWeights(decode(changed))).toEqual(withoutWeights(decode(list)));
      }),
    );
  });
});
