// Trims speak of differences inside a locality; what a locality as a whole gets follows from the priors of its members.
// Without this, a locality whose members differ much would draw more than its part: the mean of e^x exceeds e^(mean x).
import type { Factor } from "../../model/plan.js";
import type { EndpointPool } from "../endpoint-pool.js";

/**
 * The factor that gives each locality the sum of its priors, by number of the locality; 1 where there is only one.
 * @param prior shares relative to each other before the trim, > 0
 * @param trimmed the same times the trim
 */
export function localityValues(pool: EndpointPool, prior: Float64Array, trimmed: Float64Array): Float64Array {
  const values = new Float64Array(pool.localityCount);
  if (values.length < 2) return values.fill(1);
  const sums = new Float64Array(pool.localityCount);
  for (let i = 0; i < prior.length; i++) {
    const locality = pool.localities[i] ?? 0;
    values[locality] = (values[locality] ?? 0) + (prior[i] ?? 0);
    sums[locality] = (sums[locality] ?? 0) + (trimmed[i] ?? 0);
  }
  return values.map((value, locality) => value / (sums[locality] ?? 1));
}

/** Nothing where there is only one locality. */
export function localityFactors(pool: EndpointPool, values: Float64Array, position: number): readonly Factor[] {
  if (pool.localityCount < 2) return [];
  const value = values[pool.localities[position] ?? 0] ?? 1;
  return [{ name: "locality", value, note: "localities get what their capacity says" }];
}
