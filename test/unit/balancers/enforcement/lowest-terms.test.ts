import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { lowestTerms } from "../../../../src/balancers/enforcement/lowest-terms.js";
import { weightsFor } from "../../../../src/balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../../../../src/model/enforcement.js";

const RING: EnvoyEnforcement = { policy: "ring_hash", minimumRingSize: 1_024, maximumRingSize: 4_096 };
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

describe("lowest terms", () => {
  test("registered weights come back exactly, divided by what they have in common", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(weights, (registered) => {
        const total = registered.reduce((sum, weight) => sum + weight, 0);
        const divisor = registered.reduce(gcd);
        // The way that shares are made of weights, with its roundings.
        const mean = total / registered.length;
        const shares = registered.map((weight) => (1 / registered.length) * (weight / mean));
        const sum = shares.reduce((partial, share) => partial + share, 0);
        expect(lowestTerms(shares.map((share) => share / sum))).toEqual(registered.map((weight) => weight / divisor));
      }),
      { numRuns: 300 },
    );
  });

  test("ratios that no small integers have are scaled instead", () => {
    expect(lowestTerms([1 / Math.PI, 1 - 1 / Math.PI])).toBeUndefined();
    expect(lowestTerms([1e-9, 1 - 1e-9])).toBeUndefined();
    expect(weightsFor(RING, [1 / Math.PI, 1 - 1 / Math.PI], 3)).toEqual([28_017, 60_000]);
  });
});

describe("weights under hashing", () => {
  test.each<EnvoyEnforcement>([RING, { policy: "maglev", tableSize: 65_537 }])("$policy: small integers", (policy) => {
    expect(weightsFor(policy, [10 / 60, 20 / 60, 30 / 60], 50)).toEqual([1, 2, 3]);
    expect(weightsFor(policy, [0.25, 0.25, 0.5], 50)).toEqual([1, 1, 2]);
  });
});
