// Sums over the members of each group of a pool.
import type { EndpointPool } from "../balancers/endpoint-pool.js";

/** @param values in the order of the pool @returns in the order of `groupLoads` */
export function groupSums(
  { groups, groupLoads }: Pick<EndpointPool, "groups" | "groupLoads">,
  values: ArrayLike<number>,
): Float64Array {
  const sums = new Float64Array(groupLoads.length);
  for (let i = 0; i < values.length; i++) {
    const group = groups[i] ?? 0;
    sums[group] = (sums[group] ?? 0) + (values[i] ?? 0);
  }
  return sums;
}
