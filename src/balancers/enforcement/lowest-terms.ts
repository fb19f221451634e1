// Shares back to the small integers they came from. Registered weights reach here as shares; a hash table must be built
// from their exact ratio, because every rounding of it moves the borders between owners, and with them keys.
// Continued fractions give the denominators: a ratio of two integers up to 65,535 is unique in double precision.

const LARGEST_TERM = 65_535;
const TOLERANCE = 1e-12;

/**
 * @param shares each > 0
 * @returns integers 1..65,535 in the same ratio, as small as can be; undefined when no such integers exist
 */
export function lowestTerms(shares: readonly number[]): number[] | undefined {
  const smallest = Math.min(...shares);
  let scale = 1;
  for (const share of shares) {
    const denominator = denominatorOf(share / smallest);
    if (denominator === undefined) return undefined;
    scale = (scale / greatestCommonDivisor(scale, denominator)) * denominator;
    if (scale > LARGEST_TERM) return undefined;
  }
  const terms = shares.map((share) => Math.round((share / smallest) * scale));
  return terms.every((term) => term <= LARGEST_TERM) ? terms : undefined;
}

/** Of the simplest fraction that equals `ratio` (>= 1) up to rounding. */
function denominatorOf(ratio: number): number | undefined {
  let [numerator, denominator, numeratorBefore, denominatorBefore] = [Math.floor(ratio), 1, 1, 0];
  let rest = ratio - numerator;
  while (Math.abs(numerator / denominator - ratio) > TOLERANCE * ratio) {
    const inverse = 1 / rest;
    const term = Math.floor(inverse);
    rest = inverse - term;
    [numerator, numeratorBefore] = [term * numerator + numeratorBefore, numerator];
    [denominator, denominatorBefore] = [term * denominator + denominatorBefore, denominator];
    if (!(denominator <= LARGEST_TERM)) return undefined;
  }
  return denominator;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
