// A plan in the making: shares of the pool with the factors that made them. Every stage that changes a share leaves its
// name, so that at the end the product of the factors is the share (law 7). Only the shares are worked out each round; from
// those before and after a stage its factor is found when somebody asks, in whatever later round that is.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { Factor } from "../model/plan.js";
import { sumOf } from "../stats/parts.js";

/** In the order of the pool. */
export interface Draft {
  readonly pool: EndpointPool;
  /** Target shares, each > 0; they add up to 1. */
  readonly shares: Float64Array;
  /** Their product is the share. */
  readonly factorsOf: (position: number) => readonly Factor[];
  /** What holds the share away from its fair value. */
  readonly reasonsOf: (position: number) => readonly string[];
}

/** Changes below this are not decisions, and need no factor of their own. */
const ROUNDING = 1e-9;

export interface Stage {
  readonly name: string;
  readonly note?: string;
  /** Why the share of this entry was moved, for its reasons; undefined = not worth a reason. */
  readonly reasonFor?: (before: number, after: number) => string | undefined;
}

/** Replaces the shares, recording the quotient as a factor where it is not 1. */
export function withShares(draft: Draft, shares: Float64Array, stage: Stage): Draft {
  const { pool, shares: before, factorsOf, reasonsOf } = draft;
  // A stage that decided nothing is not remembered, or each would hold the shares before it.
  if (!shares.some((share, i) => isChange(share / (before[i] ?? share)))) return { pool, shares, factorsOf, reasonsOf };
  return {
    pool,
    shares,
    factorsOf: (i) => {
      const value = (shares[i] ?? 1) / (before[i] ?? 1);
      if (!isChange(value)) return factorsOf(i);
      const { name, note } = stage;
      return [...factorsOf(i), note === undefined ? { name, value } : { name, value, note }];
    },
    reasonsOf: (i) => {
      const [from, to] = [before[i] ?? 1, shares[i] ?? 1];
      const reason = isChange(to / from) ? stage.reasonFor?.(from, to) : undefined;
      return reason === undefined ? reasonsOf(i) : [...reasonsOf(i), reason];
    },
  };
}

/** Whether a factor is not 1, up to rounding. */
export function isChange(value: number): boolean {
  return Math.abs(value - 1) >= ROUNDING;
}

/** What the registered weights alone would give the endpoint of what its group gets, 0..1. */
export function fairShareOf(pool: EndpointPool, position: number): number {
  const { weights, left, groups, groupLoads, groupWeights } = pool;
  const group = groups[position] ?? 0;
  const weight = (weights[position] ?? 0) * (left[position] ?? 1);
  return (weight / (groupWeights[group] ?? 1)) * (groupLoads[group] ?? 1);
}

/** Share over fair share of everybody. */
export function ratiosOf({ pool, shares }: Pick<Draft, "pool" | "shares">): Float64Array {
  return shares.map((share, i) => share / fairShareOf(pool, i));
}

/** In place, so that they add up to 1. */
export function normalise(shares: Float64Array): Float64Array {
  const total = sumOf(shares);
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] ?? 0) / total;
  return shares;
}
