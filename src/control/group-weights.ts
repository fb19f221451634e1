// From shares of a service to weights. Envoy compares weights only inside a group, and what is in flight there is the
// group's part. So each priority has a scale of its own, and is power of two choices where its shares are equal. Groups of
// one tier, which are zones of one priority, share a scale: there the law yields the same ratios inside each as if it stood
// alone, and an Envoy that looks at no zones finds weights that compare.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import { weightsFor } from "../balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";

/**
 * @param shares in the order of the pool, each > 0; only their proportions within a group count
 * @param inFlightPerWorker n of the share law, of the whole service
 */
export function weightsByGroup(
  enforcement: EnvoyEnforcement,
  { groups, groupLoads, groupTiers, groupCrowding }: GroupColumns,
  shares: ArrayLike<number>,
  inFlightPerWorker: number,
): readonly number[] {
  if (groupLoads.length < 2) return weightsFor(enforcement, Array.from(shares), inFlightPerWorker);
  const weights: number[] = Array.from(shares, () => 1);
  const tierOf = (i: number): number => groupTiers[groups[i] ?? 0] ?? 0;
  for (const tier of new Set(groupTiers)) {
    const positions = [...groups.keys()].filter((i) => tierOf(i) === tier);
    const sum = positions.reduce((total, i) => total + (shares[i] ?? 0), 0);
    const inTier = positions.map((i) => (shares[i] ?? 0) / sum);
    const load = groupLoads.reduce((total, value, group) => total + (groupTiers[group] === tier ? value : 0), 0);
    const inFlight = (k: number): number =>
      inFlightPerWorker * load * (groupCrowding[groups[positions[k] ?? 0] ?? 0] ?? 1);
    for (const [k, weight] of weightsFor(enforcement, inTier, inFlight).entries()) weights[positions[k] ?? 0] = weight;
  }
  return weights;
}

type GroupColumns = Pick<EndpointPool, "groups" | "groupLoads" | "groupTiers" | "groupCrowding">;
