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
  return draft.map((entry, i) => new StagedEntry(entry, shares[i] ?? entry.share, stage));
}

/** An entry after a stage. Its factors are put together when somebody asks: most entries of most rounds are never explained. */
class StagedEntry implements DraftEntry {
  readonly id: InstanceId;
  readonly share: number;
  readonly fairShare: number;
  readonly reasons: readonly string[];
  readonly #before: DraftEntry;
  readonly #stage: Stage;

  constructor(before: DraftEntry, share: number, stage: Stage) {
    this.id = before.id;
    this.share = share;
    this.fairShare = before.fairShare;
    const reason = isChange(share / before.share) ? stage.reasonFor?.(before.share, share) : undefined;
    this.reasons = reason === undefined ? before.reasons : [...before.reasons, reason];
    this.#before = before;
    this.#stage = stage;
  }

  get factors(): readonly Factor[] {
    const value = this.share / this.#before.share;
    if (!isChange(value)) return this.#before.factors;
    const { name, note } = this.#stage;
    return [...this.#before.factors, note === undefined ? { name, value } : { name, value, note }];
  }
}

function isChange(value: number): boolean {
  return Math.abs(value - 1) >= ROUNDING;
}

/** What named terms make together: law 7 in one line. */
export function productOf(factors: readonly Factor[]): number {
  return factors.reduce((product, { value }) => product * value, 1);
}

export function sharesOf(draft: Draft): number[] {
  return draft.map(({ share }) => share);
}
