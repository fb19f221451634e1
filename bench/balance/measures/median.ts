// The middle of a few repetitions. "Never" (null) counts as infinitely late, so that two good runs of three decide.

/** NaN without values. The mean of the middle two when their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return lower === upper ? upper : (lower + upper) / 2;
}

export function orNever(seconds: number | null | undefined): number | undefined {
  return seconds === null ? Number.POSITIVE_INFINITY : seconds;
}
