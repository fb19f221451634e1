// What every per-request balancer owes its caller. One suite for all; what does not apply is skipped with a reason.
import { describe, test } from "@jest/globals";
import { BAD_INPUT } from "./bad-input.js";
import { KEYED } from "./keys.js";
import { LEARNING } from "./learning.js";
import type { MakeBalancer } from "./rig.js";
import { SELECTION } from "./selection.js";

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface BalancerCase {
  /** What the balancer must say of itself. */
  readonly name: string;
  /** What the report says of it, when the name alone does not tell cases apart. */
  readonly label?: string;
  readonly make: MakeBalancer;
  readonly skip?: readonly Skip[];
}

const STATEMENTS = [...SELECTION, ...LEARNING, ...KEYED, ...BAD_INPUT];

const skipAll = (statements: readonly { readonly title: string }[], reason: string): readonly Skip[] =>
  statements.map(({ title }) => ({ test: title, reason }));

export const learnsNothing = (reason: string): readonly Skip[] =>
  skipAll(
    LEARNING.filter(
      ({ title }) => title !== "a worse signal never raises a share" && title !== "forgets those that left",
    ),
    reason,
  );
export const ignoresKeys: readonly Skip[] = skipAll(KEYED, "takes no account of keys");

export function balancerConformance({ name, label = name, make, skip = [] }: BalancerCase): void {
  const stray = skip.find((entry) => !STATEMENTS.some(({ title }) => title === entry.test));
  if (stray !== undefined) throw new Error(`no statement ${JSON.stringify(stray.test)} to skip`);

  describe(`balancer ${label}`, () => {
    for (const { title, check } of STATEMENTS) {
      const skipped = skip.find((entry) => entry.test === title);
      if (skipped === undefined) test(title, () => check(make, name));
      else test.skip(`${title} (${skipped.reason})`, () => check(make, name));
    }
  });
}
