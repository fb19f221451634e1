// Projection of shares onto "each within its bounds, together 1": scaling everybody by one factor and clamping, which
// keeps the proportions of those that touch no bound.

/**
 * @param shares > 0 each
 * @param low lower bounds, >= 0, sum <= 1
 * @param high upper bounds, each >= its lower bound; when they add up to less than 1 they are stretched in proportion
 * @returns shares within the bounds that add up to 1
 */
export function boundShares(shares: readonly number[], low: readonly number[], high: readonly number[]): number[] {
  const highSum = high.reduce((sum, value) => sum + value, 0);
  if (highSum <= 1) return high.map((value) => value / highSum);
  const clamped = (scale: number): number[] =>
    shares.map((share, i) => Math.min(high[i] ?? 1, Math.max(low[i] ?? 0, share * scale)));
  const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
  let small = 0;
  let large = 1;
  while (total(clamped(large)) < 1) large *= 2;
  for (let i = 0; i < 100 && large - small > 1e-15 * large; i++) {
    const middle = (small + large) / 2;
    if (total(clamped(middle)) < 1) small = middle;
    else large = middle;
  }
  return clamped(large);
}
