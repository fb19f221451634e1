// The last changes of weight of each instance of a service, for explanations. Kept push by push, as numbers, and bounded per
// service as well as per instance, so that large services are not mostly past.
import type { InstanceId } from "../model/ids.js";
import type { PastDecision } from "./explanation.js";

const MAX_PER_INSTANCE = 20;
const MAX_PUSHES = 64;
const MAX_CHANGES = 20_000;
const MIN_PUSHES = 2;

/** One push, as it is told to the history. */
export interface PushedWeights {
  readonly atWallMs: number;
  readonly revision: number;
  /** All that were registered. */
  readonly members: readonly string[];
  /** Those who take traffic; all that follows is in their order. */
  readonly ids: readonly InstanceId[];
  readonly weightsBefore: Float64Array;
  readonly weights: Float64Array;
  readonly shares: Float64Array;
  readonly reasonsOf: (position: number) => readonly string[];
}

interface Push extends Pick<PushedWeights, "atWallMs" | "revision" | "members" | "ids"> {
  /** Of those whose weight changed, ascending; weights and shares in the same order. */
  readonly positions: Int32Array;
  readonly weights: Float64Array;
  readonly shares: Float64Array;
  /** By position; only where there are any. */
  readonly reasons: ReadonlyMap<number, readonly string[]>;
}

export class DecisionHistory {
  /** Youngest first. */
  #pushes: readonly Push[] = [];

  note(pushed: PushedWeights): void {
    const { atWallMs, revision, members, ids, weights, weightsBefore, shares, reasonsOf } = pushed;
    const changed: number[] = [];
    const reasons = new Map<number, readonly string[]>();
    for (let i = 0; i < ids.length; i++) {
      if (weights[i] === weightsBefore[i]) continue;
      changed.push(i);
      const given = reasonsOf(i);
      if (given.length > 0) reasons.set(i, given);
    }
    const push = {
      atWallMs,
      revision,
      members,
      ids,
      positions: new Int32Array(changed),
      weights: new Float64Array(changed.map((i) => weights[i] ?? 0)),
      shares: new Float64Array(changed.map((i) => shares[i] ?? 0)),
      reasons,
    };
    let changes = 0;
    this.#pushes = [push, ...this.#pushes].slice(0, MAX_PUSHES).filter((kept, i) => {
      changes += kept.positions.length;
      return i < MIN_PUSHES || changes <= MAX_CHANGES;
    });
  }

  /** Youngest first, and not from before a time in which it was not registered. */
  of(id: InstanceId): readonly PastDecision[] {
    const past: PastDecision[] = [];
    for (const { atWallMs, revision, members, ids, positions, weights, shares, reasons } of this.#pushes) {
      if (!members.includes(id) || past.length === MAX_PER_INSTANCE) break;
      const position = ids.indexOf(id);
      const k = positions.indexOf(position);
      if (position < 0 || k < 0) continue;
      past.push({
        atWallMs,
        revision,
        weight: weights[k] ?? 0,
        share: shares[k] ?? 0,
        reasons: reasons.get(position) ?? [],
      });
    }
    return past;
  }
}
