// Freeze: the weights in force stay to the last digit, while members come and go. A newcomer gets the share that its
// registered weight deserves and the others keep their ratios, so its weight is fitted to theirs; who drains and comes back
// finds its old weight. The shares are kept apart from what is in force, because there an absent member has none.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import { fittedShares } from "./fit-groups.js";
import { groupSums } from "./group-sums.js";
import { weightsByGroup } from "./group-weights.js";
import type { InForce } from "./in-force.js";
import type { Target } from "./target.js";

/** Shares relative to each other, > 0, of everybody who was told to take traffic since the weights are held. */
export type HeldShares = ReadonlyMap<InstanceId, number>;

const LARGEST_ENVOY_WEIGHT = 4_294_967_295;

export function holdInForce({ members: { ids, columns } }: InForce): HeldShares {
  const held = new Map<InstanceId, number>();
  for (const [i, id] of ids.entries()) {
    const share = columns.share[i] ?? 0;
    if (share > 0) held.set(id as InstanceId, share);
  }
  return held;
}

/** @param instances all that are registered @param pool those of them that may take traffic */
export function heldTarget(
  instances: readonly CatalogueInstance[],
  pool: EndpointPool,
  held: HeldShares,
  inForce: InForce,
  enforcement: EnvoyEnforcement,
): Target {
  const { inFlightPerWorker, equal } = inForce;
  const { weight, step } = inForce.members.alignedTo(pool.ids).columns;
  const after = withNewcomers(instances, pool, held);
  const shares = fittedShares(
    pool,
    Float64Array.from(pool.ids, (id) => after.get(id) ?? 0),
  );
  return {
    held: after,
    equal,
    inFlightPerWorker,
    shares,
    steps: step,
    reasonsOf: () => [],
    weights: () => {
      const told = pool.ids.map((id, i) => (held.has(id) ? weight[i] || undefined : undefined));
      return fitted(pool, told, weightsByGroup(enforcement, pool, shares, inFlightPerWorker));
    },
  };
}

/** Without those who deregistered: who comes back from there is a newcomer. */
function withNewcomers(instances: readonly CatalogueInstance[], pool: EndpointPool, held: HeldShares): HeldShares {
  const after = new Map<InstanceId, number>();
  for (const { id } of instances) {
    const share = held.get(id);
    if (share !== undefined) after.set(id, share);
  }
  let share = 0;
  let registered = 0;
  for (const [i, id] of pool.ids.entries()) {
    const known = after.get(id);
    if (known === undefined) continue;
    share += known;
    registered += pool.weights[i] ?? 0;
  }
  const perWeight = registered > 0 ? share / registered : 1;
  for (const [i, id] of pool.ids.entries()) if (!after.has(id)) after.set(id, (pool.weights[i] ?? 0) * perWeight);
  return after;
}

/** @param told weights in force, undefined for newcomers @param ideal what the law gives, each group in a scale of its own */
function fitted(pool: EndpointPool, told: readonly (number | undefined)[], ideal: readonly number[]): number[] {
  const { groups } = pool;
  const toldSums = groupSums(
    pool,
    told.map((weight) => weight ?? 0),
  );
  const idealSums = groupSums(
    pool,
    told.map((weight, i) => (weight === undefined ? 0 : (ideal[i] ?? 0))),
  );
  return told.map((weight, i) => {
    const group = groups[i] ?? 0;
    const idealSum = idealSums[group] ?? 0;
    const scale = idealSum > 0 ? (toldSums[group] ?? 0) / idealSum : 1;
    return weight ?? bounded((ideal[i] ?? 1) * scale);
  });
}

function bounded(weight: number): number {
  return Math.min(LARGEST_ENVOY_WEIGHT, Math.max(1, Math.round(weight)));
}
