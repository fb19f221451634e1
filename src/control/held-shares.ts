// Freeze: the weights in force stay to the last digit, while members come and go. A newcomer gets the share that its
// registered weight deserves and the others keep their ratios, so its weight is fitted to theirs; who drains and comes back
// finds its old weight. The shares are kept apart from what is in force, because there an absent member has none.
import { weightsFor } from "../balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { InForce } from "./in-force.js";
import type { Target } from "./target.js";

/** Shares relative to each other, > 0, of everybody who was told to take traffic since the weights are held. */
export type HeldShares = ReadonlyMap<InstanceId, number>;

const LARGEST_ENVOY_WEIGHT = 4_294_967_295;

export function holdInForce({ entries }: InForce): HeldShares {
  const held = new Map<InstanceId, number>();
  for (const [id, { share }] of entries) if (share > 0) held.set(id, share);
  return held;
}

/** @param instances all that are registered @param pool those of them that may take traffic */
export function heldTarget(
  instances: readonly CatalogueInstance[],
  pool: readonly CatalogueInstance[],
  held: HeldShares,
  inForce: InForce,
  enforcement: EnvoyEnforcement,
): Target {
  const { inFlightPerWorker, equal } = inForce;
  const after = withNewcomers(instances, pool, held);
  const total = pool.reduce((sum, { id }) => sum + (after.get(id) ?? 0), 0);
  const shares = pool.map(({ id }) => (after.get(id) ?? 0) / total);
  return {
    held: after,
    equal,
    inFlightPerWorker,
    entries: pool.map(({ id }, i) => ({
      id,
      share: shares[i] ?? 0,
      step: inForce.entries.get(id)?.step ?? 0,
      reasons: [],
    })),
    weights: () => {
      const told = pool.map(({ id }) => (held.has(id) ? inForce.entries.get(id)?.weight : undefined));
      return fitted(told, weightsFor(enforcement, shares, inFlightPerWorker));
    },
  };
}

/** Without those who deregistered: who comes back from there is a newcomer. */
function withNewcomers(
  instances: readonly CatalogueInstance[],
  pool: readonly CatalogueInstance[],
  held: HeldShares,
): HeldShares {
  const after = new Map<InstanceId, number>();
  for (const { id } of instances) {
    const share = held.get(id);
    if (share !== undefined) after.set(id, share);
  }
  let share = 0;
  let registered = 0;
  for (const { id, weight } of pool) {
    const known = after.get(id);
    if (known === undefined) continue;
    share += known;
    registered += weight;
  }
  const perWeight = registered > 0 ? share / registered : 1;
  for (const { id, weight } of pool) if (!after.has(id)) after.set(id, weight * perWeight);
  return after;
}

/** @param told weights in force, undefined for newcomers @param ideal what the law gives, in a scale of its own */
function fitted(told: readonly (number | undefined)[], ideal: readonly number[]): number[] {
  let toldSum = 0;
  let idealSum = 0;
  for (const [i, weight] of told.entries()) {
    if (weight === undefined) continue;
    toldSum += weight;
    idealSum += ideal[i] ?? 0;
  }
  const scale = idealSum > 0 ? toldSum / idealSum : 1;
  return told.map((weight, i) => weight ?? bounded((ideal[i] ?? 1) * scale));
}

function bounded(weight: number): number {
  return Math.min(LARGEST_ENVOY_WEIGHT, Math.max(1, Math.round(weight)));
}
