// Whatever changes from one assignment to the next, the encoder that remembers writes what the generated codec writes.
import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { type AssignmentEndpoint, assignmentOf } from "../../../src/translate/assignment.js";
import { AssignmentEncoder } from "../../../src/translate/assignment-encoder.js";
import { CHECKOUT, endpoint } from "../../unit/translate/fixtures.js";

const weight = fc.oneof(
  fc.constantFrom(1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456),
  fc.integer({ min: 1, max: 300_000_000 }),
);
const zone = fc.constantFrom("", "a");

const member = (index: number): fc.Arbitrary<AssignmentEndpoint> =>
  fc
    .record({
      locality: fc.record({ region: zone, zone, subZone: fc.constant("") }),
      hostname: fc.constantFrom("", "a.mesh", "h".repeat(200)),
      priority: fc.constantFrom(0, 1, 7),
      weight,
      health: fc.constantFrom("UNKNOWN", "HEALTHY", "DRAINING"),
      localityPart: fc.constantFrom(undefined, 0, 0.03, 0.97, 1),
    })
    .map((fields) => endpoint(`i-${index}`, { ...fields, address: "10.0.0.1", port: 1_000 + index }));

const list = fc
  .integer({ min: 0, max: 9 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, i) => member(i))));

const headRoom = fc.constantFrom(undefined, 100, 127, 128, 1_000);

/** The usual change, of weights, and any other. */
const change = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("weights" as const),
      weights: fc.array(weight, { minLength: 10, maxLength: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("all" as const), list }) },
);

test("the same bytes as the generated codec, after every change", () => {
  fc.assert(
    fc.property(list, fc.array(change, { maxLength: 6 }), headRoom, (first, changes, overprovisioningPercent) => {
      const encoder = new AssignmentEncoder(CHECKOUT);
      const policy = { overprovisioningPercent };
      let now: readonly AssignmentEndpoint[] = first;
      const check = (): void => {
        const expected = ClusterLoadAssignment.encode(assignmentOf(CHECKOUT, now, policy)).finish();
        expect(Buffer.from(encoder.encode(now, policy)).toString("hex")).toBe(Buffer.from(expected).toString("hex"));
      };
      check();
      for (const step of changes) {
        now =
          step.kind === "all" ? step.list : now.map((each, index) => ({ ...each, weight: step.weights[index] ?? 1 }));
        check();
      }
    }),
    { numRuns: 400 },
  );
});

test("weights that no assignment may have are refused on both ways", () => {
  const encoder = new AssignmentEncoder(CHECKOUT);
  const good = [endpoint("a", { port: 1 }), endpoint("b", { port: 2 })];
  encoder.encode(good);
  for (const bad of [0, 1.5, 2 ** 32, Number.NaN]) {
    const list = good.map((each) => ({ ...each, weight: bad }));
    expect(() => encoder.encode(list)).toThrow("weight");
    expect(() => new AssignmentEncoder(CHECKOUT).encode(list)).toThrow("weight");
  }
});
