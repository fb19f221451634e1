// Those who compete for the traffic of a service, as the columns that every policy reads. Built when members change, not
// per round. Everything about endpoints in `balancers` and `control` is in the order of a pool: position i is `ids[i]`.
import type { InstanceId } from "../model/ids.js";

export interface PoolMember {
  readonly id: InstanceId;
  /** Registered relative capacity, 1..65535. */
  readonly weight: number;
  /** Endpoints of one locality are equally far away; between localities latencies do not compare. */
  readonly locality: string;
}

export interface EndpointPool {
  /** Sorted. */
  readonly ids: readonly InstanceId[];
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** Which locality each is of: 0..localityCount - 1. */
  readonly localities: Int32Array;
  readonly localityCount: number;
}

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
  const localities = Int32Array.from(members, ({ locality }) => {
    const number = numbers.get(locality) ?? numbers.size;
    numbers.set(locality, number);
    return number;
  });
  return {
    ids,
    weights,
    totalWeight: weights.reduce((sum, weight) => sum + weight, 0),
    localities,
    localityCount: numbers.size,
  };
}
