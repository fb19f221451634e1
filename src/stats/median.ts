// The reference against which one endpoint is judged. Medians, because the one that is out of line must not move them.
// By selection (Hoare, "Algorithm 65: Find"), not by sorting: they are taken over every endpoint, several times a round.

/** Lower median: of two values the smaller one, so that in a pair the worse one can still be told apart. Values: not NaN. */
export function lowerMedian(values: ArrayLike<number>): number | undefined {
  if (values.length === 0) return undefined;
  const middle = (values.length - 1) >> 1;
  return select(new Float64Array(values), middle);
}

/** The number that would be at `rank` if they were sorted. Reorders `values`. */
function select(values: Float64Array, rank: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left] ?? 0, values[(left + right) >> 1] ?? 0, values[right] ?? 0);
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i += 1;
      while ((values[j] ?? 0) > pivot) j -= 1;
      if (i > j) break;
      const swapped = values[i] ?? 0;
      values[i] = values[j] ?? 0;
      values[j] = swapped;
      i += 1;
      j -= 1;
    }
    // Left of j all are at most the pivot, right of i at least; in between they equal it.
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else break;
  }
  return values[rank] ?? Number.NaN;
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
