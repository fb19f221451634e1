// Projection of shares onto "each within its bounds, together 1": scaling everybody by one factor and clamping, which
// keeps the proportions of those that touch no bound.

type Numbers = ArrayLike<number>;

/**
 * @param shares > 0 each
 * @param low lower bounds, >= 0, sum <= 1
 * @param high upper bounds, each >= its lower bound; when they add up to less than 1 they are stretched in proportion
 * @returns shares within the bounds that add up to 1
 */
export function boundShares(shares: Numbers, low: Numbers, high: Numbers): Float64Array {
  const highSum = sum(high);
  if (highSum <= 1) return Float64Array.from(high, (value) => value / highSum);
  const total = sum(shares);
  const bounded = new Float64Array(shares.length);
  let within = true;
  for (let i = 0; i < shares.length; i++) {
    const share = (shares[i] ?? 0) / total;
    within &&= share >= (low[i] ?? 0) && share <= (high[i] ?? 1);
    bounded[i] = share;
  }
  // The usual case, in which nobody is at a bound, needs no search.
  if (within) return bounded;
  const scale = scaleFor(shares, low, high);
  for (let i = 0; i < shares.length; i++) bounded[i] = clamped((shares[i] ?? 0) * scale, low[i] ?? 0, high[i] ?? 1);
  return bounded;
}

/** The factor at which the clamped shares add up to 1, by bisection: their sum grows with it. */
function scaleFor(shares: Numbers, low: Numbers, high: Numbers): number {
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
function sumAt(scale: number, shares: Numbers, low: Numbers, high: Numbers): number {
  let total = 0;
  for (let i = 0; i < shares.length; i++) total += clamped((shares[i] ?? 0) * scale, low[i] ?? 0, high[i] ?? 1);
  return total;
}

function sum(values: Numbers): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0;
  return total;
}

function clamped(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
