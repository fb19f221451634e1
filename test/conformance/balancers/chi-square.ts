// Goodness of fit for counts of picks. Seeds are fixed, so a test that passes today passes tomorrow; the level says how
// unlikely a correct balancer was to fail when the seed was chosen.

/** Upper 0.1 % points of the chi-square distribution, by degrees of freedom from 1 (Abramowitz and Stegun, table 26.8). */
const CRITICAL_AT_P_0_001: readonly number[] = [10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.124, 27.877];

/**
 * Whether counts agree with weights at p >= 0.001. Only an upper bound: a balancer that is more even than chance passes.
 * @param weights by id, 2..10 of them, > 0 each; an id without a count counts as 0
 */
export function agreesWithWeights(
  counts: ReadonlyMap<string, number>,
  weights: Readonly<Record<string, number>>,
): boolean {
  const entries = Object.entries(weights);
  const totalWeight = entries.reduce((sum, [, weight]) => sum + weight, 0);
  const total = entries.reduce((sum, [id]) => sum + (counts.get(id) ?? 0), 0);
  const statistic = entries.reduce((sum, [id, weight]) => {
    const expected = (total * weight) / totalWeight;
    return sum + ((counts.get(id) ?? 0) - expected) ** 2 / expected;
  }, 0);
  const critical = CRITICAL_AT_P_0_001[entries.length - 2];
  if (critical === undefined || total === 0) throw new Error("chi-square needs 2..10 classes and some counts");
  return statistic <= critical;
}
