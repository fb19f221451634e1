// The reference against which one endpoint is judged. Medians, because the one that is out of line must not move them.

/** Lower median: of two values the smaller one, so that in a pair the worse one can still be told apart. */
export function lowerMedian(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  // Sorts numbers as such, without a call per comparison: medians are taken over every endpoint, every round.
  const sorted = Float64Array.from(values).sort();
  return sorted[(sorted.length - 1) >> 1];
}
