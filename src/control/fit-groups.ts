// Brings each group to what Envoy sends there, whatever policy and modifiers made of it: weights decide only inside a group.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import { type Draft, withShares } from "./draft.js";
import { groupSums } from "./group-sums.js";

export function fitGroups(draft: Draft): Draft {
  if (draft.pool.groupLoads.length < 2) return draft;
  const shares = fittedShares(draft.pool, draft.shares);
  const zoned = new Set(draft.pool.groupTiers).size < draft.pool.groupLoads.length;
  return withShares(
    draft,
    shares,
    zoned
      ? { name: "locality", note: "what callers send to this priority and zone as a whole" }
      : { name: "failover", note: "what Envoy sends to this priority as a whole" },
  );
}

/** @param shares relative to each other, > 0, in the order of the pool */
export function fittedShares(pool: EndpointPool, shares: Float64Array): Float64Array {
  const { groups, groupLoads } = pool;
  const sums = groupSums(pool, shares);
  return shares.map((share, i) => {
    const group = groups[i] ?? 0;
    return (share / (sums[group] ?? 1)) * (groupLoads[group] ?? 1);
  });
}
