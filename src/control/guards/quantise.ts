// Rounds shares to a geometric grid around the fair share, with hysteresis, so that noise rewrites few weights: Envoy
// restarts its schedule at each push, and a weight that stays keeps its turn.
import { type Draft, fairShareOf, normalise, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/** A step is kept until the value is this far (in steps) from it; half a step would be plain rounding. */
const HYSTERESIS = 0.75;

export interface Quantised {
  readonly draft: Draft;
  /** Grid steps, in the order of the pool; undefined = there is no grid. */
  readonly steps: Float64Array | undefined;
}

/** @param previous grid steps in force, in the order of the pool; NaN = none */
export function quantise(draft: Draft, previous: Float64Array, { quantum }: ControlSettings["guards"]): Quantised {
  if (quantum === 0) return { draft, steps: undefined };
  const { pool } = draft;
  const stepSize = Math.log1p(quantum);
  const steps = draft.shares.map((share, i) => {
    const position = Math.log(share / fairShareOf(pool, i)) / stepSize;
    const kept = previous[i] ?? Number.NaN;
    return Math.abs(position - kept) <= HYSTERESIS ? kept : Math.round(position);
  });
  const shares = normalise(steps.map((step, i) => fairShareOf(pool, i) * Math.exp(step * stepSize)));
  const note = `shares come in steps of ${Math.round(quantum * 100)} %`;
  return { draft: withShares(draft, shares, { name: "rounding", note }), steps };
}
