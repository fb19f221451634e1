import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { endpointPool } from "../../../src/balancers/endpoint-pool.js";
import { weightsFor } from "../../../src/balancers/enforcement/share-law.js";
import { compose } from "../../../src/control/compose.js";
import { type Draft, fairShareOf } from "../../../src/control/draft.js";
import { clamp } from "../../../src/control/guards/clamp.js";
import { collapseToEqual } from "../../../src/control/guards/collapse-to-equal.js";
import { quantise } from "../../../src/control/guards/quantise.js";
import { slew } from "../../../src/control/guards/slew.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import { LEAST_REQUEST, ROUND_ROBIN } from "../../../src/model/enforcement.js";
import type { InstanceId } from "../../../src/model/ids.js";
import { boundShares } from "../../../src/stats/bounded-shares.js";
import { entriesOf, productOf } from "../../harness/policy-rounds.js";

const settings = DEFAULT_CONTROL_SETTINGS.guards;
const member = fc.record({
  weight: fc.integer({ min: 1, max: 65_535 }),
  factor: fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
});
const drafts = fc.array(member, { minLength: 1, maxLength: 30 }).map(
  (members): Draft =>
    compose({
      pool: endpointPool(members.map(({ weight }, i) => ({ id: `i${i}` as InstanceId, weight, locality: "" }))),
      policy: {
        products: Float64Array.from(members, ({ factor }) => factor),
        factorsOf: (i) => [{ name: "policy", value: members[i]?.factor ?? 1 }],
      },
      effects: [],
    }),
);
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, value) => total + value, 0);

function isSound(draft: Draft): void {
  expect(sum(draft.shares)).toBeCloseTo(1, 9);
  for (const { share, factors } of entriesOf(draft)) {
    expect(share).toBeGreaterThan(0);
    expect(productOf(factors) / share).toBeCloseTo(1, 6);
  }
}

describe("guards keep shares that add up to 1 and are the product of their factors", () => {
  test("compose", () => {
    fc.assert(fc.property(drafts, isSound));
  });

  test("clamp also keeps them in range", () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const clamped = clamp(draft, settings);
        isSound(clamped);
        for (const { share, fairShare } of entriesOf(clamped)) {
          expect(share).toBeGreaterThanOrEqual(fairShare * settings.minShareRatio * (1 - 1e-9));
          expect(share).toBeLessThanOrEqual(Math.min(1, fairShare * settings.maxShareRatio) * (1 + 1e-9));
        }
      }),
    );
  });

  test("slew also bounds the step upwards", () => {
    fc.assert(
      fc.property(
        drafts,
        fc.integer({ min: 1, max: 5_000 }),
        fc.infiniteStream(fc.double({ min: 0.2, max: 3, noNaN: true })),
        (draft, elapsedMs, ratioOf) => {
          const raw = draft.shares.map(() => ratioOf.next().value);
          const total = sum(raw.map((ratio, i) => ratio * fairShareOf(draft.pool, i)));
          const ratios = raw.map((ratio) => ratio / total);
          const slewed = slew(draft, ratios, elapsedMs, settings);
          isSound(slewed);
          for (const [i, { share, fairShare }] of entriesOf(slewed).entries()) {
            expect(share / fairShare).toBeLessThanOrEqual(
              (ratios[i] ?? 1) * settings.slewUpPerS ** (elapsedMs / 1000) * (1 + 1e-6),
            );
          }
        },
      ),
    );
  });

  test("collapse and quantise; rounding moves nobody by more than two steps", () => {
    fc.assert(
      fc.property(drafts, fc.boolean(), (draft, wasEqual) => {
        const collapsed = collapseToEqual(draft, wasEqual, settings);
        isSound(collapsed.draft);
        const none = new Float64Array(draft.shares.length).fill(Number.NaN);
        const { draft: rounded, steps = none } = quantise(collapsed.draft, none, settings);
        isSound(rounded);
        for (const [i, share] of rounded.shares.entries()) {
          expect(Math.abs(Math.log(share / (collapsed.draft.shares[i] ?? 0)))).toBeLessThanOrEqual(
            2 * Math.log1p(settings.quantum),
          );
        }
        // Rounding what is rounded, with its own steps, changes nothing: no flutter.
        expect(quantise(rounded, steps, settings).steps).toEqual(steps);
      }),
    );
  });
});

test("bounded shares stay within bounds that can be met", () => {
  const entry = fc.record({
    share: fc.double({ min: 1e-6, max: 10, noNaN: true }),
    low: fc.double({ min: 0, max: 0.03, noNaN: true }),
    room: fc.double({ min: 0.05, max: 2, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 25, maxLength: 30 }), (entries) => {
      const low = entries.map((e) => e.low);
      const high = entries.map((e) => e.low + e.room);
      const bounded = boundShares(
        entries.map((e) => e.share),
        low,
        high,
      );
      expect(sum(bounded)).toBeCloseTo(1, 9);
      for (const [i, share] of bounded.entries()) {
        expect(share).toBeGreaterThanOrEqual((low[i] ?? 0) - 1e-12);
        expect(share).toBeLessThanOrEqual((high[i] ?? 0) + 1e-12);
      }
    }),
  );
});

describe("share law", () => {
  const shareLists = fc
    .array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 })
    .map((raw) => raw.map((value) => value / sum(raw)));

  test("weights are integers in Envoy's range, in the order of the shares", () => {
    fc.assert(
      fc.property(
        shareLists,
        fc.double({ min: 0, max: 1e4, noNaN: true }),
        fc.constantFrom(LEAST_REQUEST, ROUND_ROBIN),
        (shares, n, enforcement) => {
          const weights = weightsFor(enforcement, shares, n);
          for (const [i, weight] of weights.entries()) {
            expect(Number.isInteger(weight) && weight >= 1 && weight <= 60_000).toBe(true);
            for (const [k, other] of weights.entries())
              if ((shares[i] ?? 0) > (shares[k] ?? 0)) expect(weight).toBeGreaterThanOrEqual(other);
          }
        },
      ),
    );
  });

  test("under LEAST_REQUEST the picks settle at the target shares, whatever the load", () => {
    fc.assert(
      fc.property(shareLists, fc.double({ min: 0.01, max: 200, noNaN: true }), (shares, n) => {
        const weights = weightsFor(LEAST_REQUEST, shares, n);
        // At the target, `active` is share·n, and Envoy picks in proportion to weight / (active + 1): a fixed point.
        const pulls = weights.map((weight, i) => weight / (1 + (shares[i] ?? 0) * n));
        pulls.forEach((pull, i) => {
          const error = Math.abs(pull / sum(pulls) - (shares[i] ?? 0)) / (shares[i] ?? 1);
          // Rounding to integers is all that is left; a weight of 1 is a floor, and may be any smaller share.
          if (weights[i] !== 1) expect(error).toBeLessThan(0.02 + 0.5 / ((weights[i] ?? 1) - 0.5));
        });
      }),
    );
  });

  test("equal shares have equal weights", () => {
    expect(weightsFor(LEAST_REQUEST, [0.25, 0.25, 0.25, 0.25], 7)).toEqual([100, 100, 100, 100]);
    expect(weightsFor(LEAST_REQUEST, [], 7)).toEqual([]);
  });
});
