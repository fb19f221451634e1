// The prior of every policy that respects registered weights: weight over the mean weight, so that 1 is neutral.
import type { InstanceId } from "../model/ids.js";
import type { Factor } from "../model/plan.js";
import type { PolicyEndpoint } from "./weight-policy.js";

export function registeredWeightFactors(endpoints: readonly PolicyEndpoint[]): (id: InstanceId) => Factor {
  let total = 0;
  const weights = new Map<InstanceId, number>();
  for (const { id, weight } of endpoints) {
    total += weight;
    weights.set(id, weight);
  }
  const mean = total / Math.max(1, endpoints.length);
  const reference = `against a mean of ${Number(mean.toFixed(1))}`;
  return (id) => {
    const weight = weights.get(id) ?? mean;
    return {
      name: "registered weight",
      value: weight / mean,
      note: `${weight} ${reference}`,
    };
  };
}
