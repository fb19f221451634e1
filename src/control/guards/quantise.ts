// Rounds shares to a geometric grid around the fair share, with hysteresis, so that noise rewrites few weights: Envoy
// restarts its schedule at each push, and a weight that stays keeps its turn.
import type { InstanceId } from "../../model/ids.js";
import { type Draft, withShares } from "../draft.js";
import type { ControlSettings } from "../settings.js";

/** A step is kept until the value is this far (in steps) from it; half a step would be plain rounding. */
const HYSTERESIS = 0.75;

export interface Quantised {
  readonly draft: Draft;
  readonly steps: ReadonlyMap<InstanceId, number>;
}

/** @param previous grid steps in force */
export function quantise(
  draft: Draft,
  previous: ReadonlyMap<InstanceId, number>,
  { quantum }: ControlSettings["guards"],
): Quantised {
  if (quantum === 0) return { draft, steps: new Map() };
  const stepSize = Math.log1p(quantum);
  const steps = new Map<InstanceId, number>();
  const raw = draft.map(({ id, share, fairShare }) => {
    const position = Math.log(share / fairShare) / stepSize;
    const kept = previous.get(id);
    const step = kept !== undefined && Math.abs(position - kept) <= HYSTERESIS ? kept : Math.round(position);
    steps.set(id, step);
    return fairShare * Math.exp(step * stepSize);
  });
  const total = raw.reduce((sum, share) => sum + share, 0);
  const shares = raw.map((share) => share / total);
  return {
    draft: withShares(draft, shares, {
      name: "rounding",
      note: `shares come in steps of ${Math.round(quantum * 100)} %`,
    }),
    steps,
  };
}
