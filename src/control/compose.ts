// From policy and modifiers to a draft: share = equal split × policy factors × modifier factors, scaled to add up to 1.
import type { PolicyOutput } from "../balancers/weight-policy.js";
import type { InstanceId } from "../model/ids.js";
import type { Factor } from "../model/plan.js";
import type { Draft, DraftEntry } from "./draft.js";
import { productOf, withShares } from "./draft.js";
import type { Effect } from "./modifiers/modifier.js";

export interface Composition {
  /** Ids and registered weights of the pool, sorted by id. */
  readonly pool: readonly { readonly id: InstanceId; readonly weight: number }[];
  readonly policyFactors: PolicyOutput<unknown>["factors"];
  readonly effects: readonly ReadonlyMap<InstanceId, Effect>[];
}

export function compose({ pool, policyFactors, effects }: Composition): Draft {
  const equal = 1 / pool.length;
  const totalWeight = pool.reduce((sum, { weight }) => sum + weight, 0);
  const draft = pool.map(({ id, weight }): DraftEntry => {
    const applied = effects.flatMap((byInstance) => byInstance.get(id) ?? []);
    const factors: Factor[] = [
      { name: "equal split", value: equal, note: `1 of ${pool.length}` },
      ...(policyFactors.get(id) ?? []),
      ...applied.map(({ factor }) => factor),
    ];
    return {
      id,
      share: productOf(factors),
      fairShare: weight / totalWeight,
      factors,
      reasons: applied.map(({ reason }) => reason),
    };
  });
  const total = draft.reduce((sum, { share }) => sum + share, 0);
  const shares = draft.map(({ share }) => share / total);
  return withShares(draft, shares, { name: "the others", note: "what the rest of the pool gives up or takes" });
}
