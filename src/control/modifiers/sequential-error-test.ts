// Wald's sequential test, in the one-sided form that forgets good times (CUSUM): evidence for "this instance fails more
// than the others" grows with every error, shrinks with every success, and never goes below 0. A 30 % fault is found in
// one round, where a window of 10 s would dilute it; a rate that all instances share is never evidence against one.

export interface ErrorHypotheses {
  /** Error rate of an instance that is as good as the others, 0..1. */
  readonly healthyRate: number;
  /** Error rate of a faulty one, above `healthyRate`. */
  readonly faultyRate: number;
}

/** Two rates that can be told apart, around the fleet's median; `excess` apart. */
export function hypothesesAround(medianRate: number, excess: number): ErrorHypotheses {
  const healthyRate = Math.min(0.9, medianRate + 0.01);
  return { healthyRate, faultyRate: Math.min(0.99, Math.max(medianRate + excess, healthyRate + 0.05)) };
}

/** Log likelihood ratio of faulty against healthy that these counts add. */
export function evidenceOfFault(
  errors: number,
  successes: number,
  { healthyRate, faultyRate }: ErrorHypotheses,
): number {
  return errors * Math.log(faultyRate / healthyRate) + successes * Math.log((1 - faultyRate) / (1 - healthyRate));
}
