// All that the loop of a service remembers between two evaluations, besides what is in force.
import { MemberTable } from "../stats/member-table.js";
import type { ServiceTotals } from "./service-totals.js";

export interface LearnedState {
  readonly policy: unknown;
  readonly modifiers: Readonly<Record<string, unknown>>;
  readonly totals: ServiceTotals;
  readonly shares: MemberTable<ShareField>;
}

/** Of the previous evaluation. */
const NEWCOMER = {
  /** Share that the policy alone gave, 0..1; 0 = not in the pool. */
  policyShare: 0,
  /** Share over fair share before collapse and rounding; 0 = not in the pool, or no guards were at work. */
  ratio: 0,
  /** Grid step of `quantise`; NaN = it did not act. */
  step: Number.NaN,
};

type ShareField = keyof typeof NEWCOMER;

/** A table to be filled. */
export function newShares(ids: readonly string[]): LearnedState["shares"] {
  return new MemberTable(NEWCOMER, ids);
}
