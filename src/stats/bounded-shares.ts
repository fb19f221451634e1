// Projection of shares onto "each within its bounds, together 1": scaling everybody by one factor and clamping, which
// keeps the proportions of those that touch no bound.

/**
 * @param shares > 0 each
 * @param low lower bounds, >= 0, sum <= 1
 * @param high upper bounds, each >= its lower bound; when they add up to less than 1 they are stretched in proportion
 * @returns shares within the bounds that add up to 1
 */
export function boundShares(shares: readonly number[], low: readonly number[], high: readonly number[]): number[] {
  const highSum = sum(high);
  if (highSum <= 1) return high.map((value) => value / highSum);
  const total = sum(shares);
  // The usual case, in which nobody is at a bound, needs no search.
  if (shares.every((share, i) => isWithin(share / total, low[i] ?? 0, high[i] ?? 1))) {
    return shares.map((share) => share / total);
  }
  const scale = scaleFor(shares, low, high);
  return shares.map((share, i) => clamped(share * scale, low[i] ?? 0, high[i] ?? 1));
}

/** The factor at which the clamped shares add up to 1, by bisection: their sum grows with it. */
function scaleFor(shares: readonly number[], low: readonly number[], high: readonly number[]): number {
  let small = 0;
  let large = 1;
  while (sumAt(large, shares, low, high) < 1) large *= 2;
  for (let i = 0; i < 100 && large - small > 1e-15 * large; i++) {
    const middle = (small + large) / 2;
    if (sumAt(middle, shares, low, high) < 1) small = middle;
    else large = middle;
  }
  return large;
}

/** In one pass without arrays in between: it runs some fifty times over every endpoint of a service. */
function sumAt(scale: number, shares: readonly number[], low: readonly number[], high: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < shares.length; i++) total += clamped((shares[i] ?? 0) * scale, low[i] ?? 0, high[i] ?? 1);
  return total;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function isWithin(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}

function clamped(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
