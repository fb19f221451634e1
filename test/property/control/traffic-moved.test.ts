import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { endpointPool } from "../../../src/balancers/endpoint-pool.js";
import { compose } from "../../../src/control/compose.js";
import { limitTrafficMoved } from "../../../src/control/guards/traffic-moved.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { InstanceId } from "../../../src/model/ids.js";
import { entriesOf, productOf } from "../../harness/policy-rounds.js";

const { guards } = DEFAULT_CONTROL_SETTINGS;
const factor = fc.double({ min: 0.01, max: 100, noNaN: true });

const cases = fc.array(fc.tuple(factor, factor), { minLength: 2, maxLength: 20 }).map((pairs) => {
  const draft = compose({
    pool: endpointPool(pairs.map((_, i) => ({ id: `i${i}` as InstanceId, weight: 1, locality: "" }))),
    policy: {
      products: Float64Array.from(pairs, ([wanted]) => wanted),
      factorsOf: (i) => [{ name: "policy", value: pairs[i]?.[0] ?? 1 }],
    },
    effects: [],
  });
  const total = pairs.reduce((sum, [, before]) => sum + before, 0);
  return { draft, ratios: Float64Array.from(pairs, ([, before]) => (before / total) * pairs.length) };
});

test("no more than the allowed part moves, towards where it should go, and the factors still explain it", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 100, max: 3_000 }), ({ draft, ratios }, elapsedMs) => {
      const limited = entriesOf(limitTrafficMoved(draft, ratios, elapsedMs, false, guards));
      const before = (i: number): number => (ratios[i] ?? 1) / draft.shares.length;
      const moved = limited.reduce((sum, { share }, i) => sum + Math.abs(share - before(i)), 0) / 2;
      expect(moved).toBeLessThanOrEqual(guards.movedPerS * (elapsedMs / 1000) + 1e-9);
      expect(limited.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      limited.forEach(({ share, factors }, i) => {
        const wanted = draft.shares[i] ?? 0;
        expect((share - before(i)) * (wanted - before(i))).toBeGreaterThanOrEqual(-1e-12);
        expect(productOf(factors) / share).toBeCloseTo(1, 6);
      });
    }),
  );
});

test("a shed, a change of members and an evaluation without news are not held up", () => {
  fc.assert(
    fc.property(cases, ({ draft, ratios }) => {
      expect(limitTrafficMoved(draft, ratios, 1_000, true, guards)).toBe(draft);
      expect(limitTrafficMoved(draft, ratios, 0, false, guards)).toBe(draft);
      expect(limitTrafficMoved(draft, Float64Array.of(0, ...ratios.slice(1)), 1_000, false, guards)).toBe(draft);
    }),
  );
});
