// From shares of a service to weights, group by group: Envoy compares weights only inside a group, and what is in flight
// there is the group's part. So each group has a scale of its own, and is power of two choices where its shares are equal.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import { weightsFor } from "../balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";

/**
 * @param shares in the order of the pool, each > 0; only their proportions within a group count
 * @param inFlightPerWorker n of the share law, of the whole service
 */
export function weightsByGroup(
  enforcement: EnvoyEnforcement,
  { groups, groupLoads }: Pick<EndpointPool, "groups" | "groupLoads">,
  shares: ArrayLike<number>,
  inFlightPerWorker: number,
): readonly number[] {
  if (groupLoads.length < 2) return weightsFor(enforcement, Array.from(shares), inFlightPerWorker);
  const weights: number[] = Array.from(shares, () => 1);
  for (const [group, load] of groupLoads.entries()) {
    const positions = [...groups.keys()].filter((i) => groups[i] === group);
    const sum = positions.reduce((total, i) => total + (shares[i] ?? 0), 0);
    const inGroup = positions.map((i) => (shares[i] ?? 0) / sum);
    for (const [k, weight] of weightsFor(enforcement, inGroup, inFlightPerWorker * load).entries()) {
      weights[positions[k] ?? 0] = weight;
    }
  }
  return weights;
}
