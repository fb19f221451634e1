import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { compose } from "../../../src/control/compose.js";
import { limitTrafficMoved } from "../../../src/control/guards/traffic-moved.js";
import { DEFAULT_CONTROL_SETTINGS } from "../../../src/control/settings.js";
import type { InstanceId } from "../../../src/model/ids.js";

const { guards } = DEFAULT_CONTROL_SETTINGS;
const factor = fc.double({ min: 0.01, max: 100, noNaN: true });
const NOBODY: ReadonlySet<string> = new Set();

const cases = fc.array(fc.tuple(factor, factor), { minLength: 2, maxLength: 20 }).map((pairs) => {
  const ids = pairs.map((_, i) => `i${i}` as InstanceId);
  const draft = compose({
    pool: ids.map((id) => ({ id, weight: 1 })),
    policyFactors: new Map(ids.map((id, i) => [id, [{ name: "policy", value: pairs[i]?.[0] ?? 1 }]])),
    effects: [],
  });
  const total = pairs.reduce((sum, [, before]) => sum + before, 0);
  const ratios = new Map(ids.map((id, i) => [id as string, ((pairs[i]?.[1] ?? 1) / total) * pairs.length]));
  return { draft, ratios };
});

test("no more than the allowed part moves, towards where it should go, and the factors still explain it", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 100, max: 3_000 }), ({ draft, ratios }, elapsedMs) => {
      const limited = limitTrafficMoved(draft, ratios, elapsedMs, NOBODY, guards);
      const before = (i: number): number => (ratios.get(`i${i}`) ?? 1) / draft.length;
      const moved = limited.reduce((sum, { share }, i) => sum + Math.abs(share - before(i)), 0) / 2;
      expect(moved).toBeLessThanOrEqual(guards.movedPerS * (elapsedMs / 1000) + 1e-9);
      expect(limited.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      limited.forEach(({ share, factors }, i) => {
        const wanted = draft[i]?.share ?? 0;
        expect((share - before(i)) * (wanted - before(i))).toBeGreaterThanOrEqual(-1e-12);
        expect(factors.reduce((product, { value }) => product * value, 1) / share).toBeCloseTo(1, 6);
      });
    }),
  );
});

test("a shed, a change of members and an evaluation without news are not held up", () => {
  fc.assert(
    fc.property(cases, ({ draft, ratios }) => {
      expect(limitTrafficMoved(draft, ratios, 1_000, new Set(["i0"]), guards)).toBe(draft);
      expect(limitTrafficMoved(draft, ratios, 0, NOBODY, guards)).toBe(draft);
      expect(limitTrafficMoved(draft, new Map([...ratios].slice(1)), 1_000, NOBODY, guards)).toBe(draft);
    }),
  );
});
