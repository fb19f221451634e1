// Sums, and what each value is of theirs.

export function sumOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0;
  return total;
}

/** Each value over the sum of all, 0..1 where none is negative; all 0 when the sum is. */
export function partsOf(values: readonly number[]): number[] {
  const sum = sumOf(values);
  return values.map((value) => (sum > 0 ? value / sum : 0));
}
