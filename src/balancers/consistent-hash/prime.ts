// Maglev walks its table in steps that must reach every entry, whatever the step: so the size has to be a prime.

/** @param value integer */
export function isPrime(value: number): boolean {
  if (value < 4) return value > 1;
  if (value % 2 === 0) return false;
  for (let divisor = 3; divisor * divisor <= value; divisor += 2) if (value % divisor === 0) return false;
  return true;
}
