// The prior of every policy that respects registered weights: weight over the mean weight, so that 1 is neutral.
import type { Factor } from "../model/plan.js";
import type { EndpointPool } from "./endpoint-pool.js";

export function meanWeight({ totalWeight, ids }: EndpointPool): number {
  return totalWeight / Math.max(1, ids.length);
}

/** Value of the factor, in the order of the pool. */
export function registeredRatios(pool: EndpointPool): Float64Array {
  const mean = meanWeight(pool);
  return pool.weights.map((weight) => weight / mean);
}

export function registeredWeightFactor(pool: EndpointPool, position: number): Factor {
  const mean = meanWeight(pool);
  const weight = pool.weights[position] ?? mean;
  return {
    name: "registered weight",
    value: weight / mean,
    note: `${weight} against a mean of ${Number(mean.toFixed(1))}`,
  };
}
