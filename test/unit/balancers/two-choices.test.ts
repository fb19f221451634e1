import { expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { DEGRADED_SHARE } from "../../../src/balancers/degraded-share.js";
import type { BackendHealth } from "../../../src/balancers/load-balancer.js";
import { Roster } from "../../../src/balancers/roster.js";
import { TwoChoices } from "../../../src/balancers/two-choices.js";
import { seededRng } from "../../../src/runtime/rng.js";

function choicesOver(healths: readonly BackendHealth[], seed: number): TwoChoices {
  const roster = new Roster(() => undefined);
  roster.update(healths.map((health, i) => ({ id: `b${i}`, address: `127.0.0.1:${9000 + i}`, weight: 1, health })));
  const choices = new TwoChoices(seededRng(seed));
  choices.update(roster.usable);
  return choices;
}

const usable = fc.array(fc.constantFrom("healthy" as const, "degraded" as const), { maxLength: 8 });

it("draws two distinct ones whenever there are two", () => {
  fc.assert(
    fc.property(usable, fc.integer({ min: 0, max: 999 }), (healths, seed) => {
      const choices = choicesOver(healths, seed);
      for (let n = 0; n < 30; n++) {
        choices.draw();
        const { first, second } = choices;
        expect(first >= 0).toBe(healths.length > 0);
        expect(second >= 0).toBe(healths.length > 1);
        expect(first < healths.length && second < healths.length).toBe(true);
        if (second >= 0) expect(first).not.toBe(second);
      }
    }),
  );
});

it("draws every pair equally often", () => {
  const choices = choicesOver(["healthy", "healthy", "healthy"], 5);
  const pairs = new Map<string, number>();
  for (let n = 0; n < 6_000; n++) {
    choices.draw();
    const pair = `${choices.first}${choices.second}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  expect(pairs.size).toBe(6);
  // 1,000 expected, standard deviation 29.
  for (const count of pairs.values()) expect(Math.abs(count - 1_000)).toBeLessThan(120);
});

it("draws degraded ones first at their share", () => {
  const choices = choicesOver(["healthy", "degraded", "healthy", "healthy"], 9);
  let degraded = 0;
  for (let n = 0; n < 20_000; n++) {
    choices.draw();
    degraded += choices.first === 1 ? 1 : 0;
  }
  // A quarter of the draws, of which DEGRADED_SHARE stand: 1,500; standard deviation 37.
  expect(Math.abs(degraded - (20_000 / 4) * DEGRADED_SHARE)).toBeLessThan(150);
});
