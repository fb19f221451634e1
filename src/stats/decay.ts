// Exponential decay in elapsed time, not in samples: alpha = 1 - e^(-dt/tau). Uneven spacing of reports then does not
// change the memory of an average (Eckner, "Algorithms for unevenly spaced time series").

/** What is left of a decayed sum after `elapsedMs`: e^(-elapsed/tau), 0..1. */
export function decayFactor(elapsedMs: number, tauMs: number): number {
  return Math.exp(-elapsedMs / tauMs);
}

/** A mean as two decayed sums, so that few samples weigh little. JSON value. */
export interface DecayedMean {
  /** Effective number of samples. */
  readonly count: number;
  readonly sum: number;
}

export const EMPTY_MEAN: DecayedMean = { count: 0, sum: 0 };

export function decayedMean(
  mean: DecayedMean,
  elapsedMs: number,
  tauMs: number,
  count: number,
  sum: number,
): DecayedMean {
  const keep = decayFactor(elapsedMs, tauMs);
  return { count: mean.count * keep + count, sum: mean.sum * keep + sum };
}

/** The value of the mean, or undefined below `minCount` effective samples. */
export function meanOf(mean: DecayedMean, minCount = 1e-6): number | undefined {
  return mean.count >= minCount ? mean.sum / mean.count : undefined;
}

/** One step of an EWMA towards `sample`. */
export function ewmaStep(previous: number, sample: number, elapsedMs: number, tauMs: number): number {
  return sample + (previous - sample) * decayFactor(elapsedMs, tauMs);
}

/** A decayed mean per member, in two columns of a table. */
export function meanAt(counts: Float64Array, sums: Float64Array, position: number): DecayedMean {
  return { count: counts[position] ?? 0, sum: sums[position] ?? 0 };
}

export function setMean(counts: Float64Array, sums: Float64Array, position: number, { count, sum }: DecayedMean): void {
  counts[position] = count;
  sums[position] = sum;
}
