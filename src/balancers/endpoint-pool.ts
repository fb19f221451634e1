// Those who compete for the traffic of a service, as the columns that every policy reads. Built when members change, not
// per round. Everything about endpoints in `balancers` and `control` is in the order of a pool: position i is `ids[i]`.
import type { InstanceId } from "../model/ids.js";

export interface PoolMember {
  readonly id: InstanceId;
  /** Registered relative capacity, 1..65535. */
  readonly weight: number;
  /** Part of its share that is left while it drains in steps, > 0; default 1. */
  readonly left?: number;
  /** Endpoints of one locality are equally far away; between localities latencies do not compare. */
  readonly locality: string;
  /** Endpoints of one group share out its traffic among themselves. Default: all are of one that gets everything. */
  readonly group?: PoolGroup;
}

export interface PoolGroup {
  readonly key: string;
  /** 0..1 */
  readonly load: number;
  /** Groups of one tier have weights that compare, though Envoy need not compare them. Default: each is one. */
  readonly tier?: string;
  /** How many times as much a worker that calls this group has in flight there as if all workers did alike. Default 1. */
  readonly crowding?: number;
}

export interface EndpointPool {
  /** Sorted. */
  readonly ids: readonly InstanceId[];
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** Part of its share that each has left, 1 unless it drains. Policies need not care. */
  readonly left: Float64Array;
  /** Which locality each is of: 0..localityCount - 1. */
  readonly localities: Int32Array;
  readonly localityCount: number;
  /** Which group each is of: 0..groupLoads.length - 1. */
  readonly groups: Int32Array;
  /** What each group gets of the service's traffic, > 0; they add up to 1. */
  readonly groupLoads: Float64Array;
  /** Sum of the registered weights of each, as far as they are left. */
  readonly groupWeights: Float64Array;
  /** Which tier each group is of. */
  readonly groupTiers: Int32Array;
  /** `crowding` of each group. */
  readonly groupCrowding: Float64Array;
}

const ONE_GROUP: PoolGroup = { key: "", load: 1 };

/**
 * @param members sorted by id
 * @param ids the same ids, where an array of them exists: tables that follow it need not be put in order again
 */
export function endpointPool(
  members: readonly PoolMember[],
  ids: readonly InstanceId[] = members.map(({ id }) => id),
): EndpointPool {
  const weights = Float64Array.from(members, ({ weight }) => weight);
  const numbers = new Map<string, number>();
  const localities = Int32Array.from(members, ({ locality }) => numberOf(locality, numbers));
  const groupNumbers = new Map<string, number>();
  const groups = Int32Array.from(members, ({ group = ONE_GROUP }) => numberOf(group.key, groupNumbers));
  const groupLoads = new Float64Array(groupNumbers.size);
  const groupWeights = new Float64Array(groupNumbers.size);
  const tierNumbers = new Map<string, number>();
  const groupTiers = new Int32Array(groupNumbers.size);
  const groupCrowding = new Float64Array(groupNumbers.size);
  for (const [i, { weight, left = 1, group = ONE_GROUP }] of members.entries()) {
    const number = groups[i] ?? 0;
    groupLoads[number] = group.load;
    groupTiers[number] = numberOf(group.tier ?? group.key, tierNumbers);
    groupCrowding[number] = group.crowding ?? 1;
    groupWeights[number] = (groupWeights[number] ?? 0) + weight * left;
  }
  return {
    ids,
    weights,
    totalWeight: weights.reduce((sum, weight) => sum + weight, 0),
    left: Float64Array.from(members, ({ left = 1 }) => left),
    localities,
    localityCount: numbers.size,
    groups,
    groupLoads,
    groupWeights,
    groupTiers,
    groupCrowding,
  };
}

function numberOf(key: string, numbers: Map<string, number>): number {
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}
