// A plan in the making: shares of the pool with the factors that made them. Every stage that changes a share leaves its
// name, so that at the end the product of the factors is the share (law 7).
import type { InstanceId } from "../model/ids.js";
import type { Factor } from "../model/plan.js";

export interface DraftEntry {
  readonly id: InstanceId;
  /** Target share, > 0; all shares of a draft add up to 1. */
  readonly share: number;
  /** Share that the registered weights alone would give. */
  readonly fairShare: number;
  readonly factors: readonly Factor[];
  readonly reasons: readonly string[];
}

export type Draft = readonly DraftEntry[];

/** Changes below this are not decisions, and need no factor of their own. */
const ROUNDING = 1e-9;

export interface Stage {
  readonly name: string;
  readonly note?: string;
  /** Why the share of this entry was moved, for its reasons; undefined = not worth a reason. */
  readonly reasonFor?: (before: number, after: number) => string | undefined;
}

/** Replaces the shares, recording the quotient as a factor where it is not 1. */
export function withShares(draft: Draft, shares: readonly number[], stage: Stage): Draft {
  return draft.map((entry, i) => {
    const share = shares[i] ?? entry.share;
    const value = share / entry.share;
    if (Math.abs(value - 1) < ROUNDING) return { ...entry, share };
    const reason = stage.reasonFor?.(entry.share, share);
    const factor: Factor =
      stage.note === undefined ? { name: stage.name, value } : { name: stage.name, value, note: stage.note };
    return {
      ...entry,
      share,
      factors: [...entry.factors, factor],
      reasons: reason === undefined ? entry.reasons : [...entry.reasons, reason],
    };
  });
}

/** What named terms make together: law 7 in one line. */
export function productOf(factors: readonly Factor[]): number {
  return factors.reduce((product, { value }) => product * value, 1);
}

export function sharesOf(draft: Draft): number[] {
  return draft.map(({ share }) => share);
}
