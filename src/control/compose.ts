// From policy and modifiers to a draft: share = equal split × policy factors × what is left of it in a drain × modifier
// factors, scaled to add up to 1.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { PolicyOutput } from "../balancers/weight-policy.js";
import type { Factor } from "../model/plan.js";
import { sumOf } from "../stats/parts.js";
import { type Draft, isChange, normalise } from "./draft.js";
import type { Effect, Effects } from "./modifiers/modifier.js";

export interface Composition {
  readonly pool: EndpointPool;
  readonly policy: Pick<PolicyOutput<unknown>, "products" | "factorsOf">;
  /** Of each modifier that acts. */
  readonly effects: readonly Effects[];
}

export function compose({ pool, policy: { products, factorsOf }, effects }: Composition): Draft {
  const members = pool.ids.length;
  const split = { name: "equal split", value: 1 / members, note: `1 of ${members}` };
  const terms = products.map((product, i) => split.value * product * (pool.left[i] ?? 1));
  for (const ofModifier of effects) {
    for (const [i, { factor }] of ofModifier) terms[i] = (terms[i] ?? 0) * factor.value;
  }
  // One scale for all, so that the terms need not be kept to tell it.
  const scale = 1 / sumOf(terms);
  const others = { name: "the others", value: scale, note: "what the rest of the pool gives up or takes" };
  const scaled = isChange(scale) ? [others] : [];
  const effectsOn = (i: number): Effect[] => effects.flatMap((ofModifier) => ofModifier.get(i) ?? []);
  const leaving = (i: number): Factor[] => {
    const left = pool.left[i] ?? 1;
    return left < 1 ? [{ name: "drain", value: left, note: "its share shrinks before it ends" }] : [];
  };
  return {
    pool,
    shares: normalise(terms),
    factorsOf: (i) => [split, ...factorsOf(i), ...leaving(i), ...effectsOn(i).map(({ factor }) => factor), ...scaled],
    reasonsOf: (i) => effectsOn(i).map(({ reason }) => reason),
  };
}
