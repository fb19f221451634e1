// How long a contender needs from a cold start until it is as good as the static oracle: the first time from which its mean
// latency stays within 20 % for two looks of 2 s in a row. One look alone would take a lull for success.

const STEP_MS = 500;
const STEPS_PER_LOOK = 4;
const WITHIN = 1.2;

export const SETTLING_STEP_MS = STEP_MS;

/**
 * Seconds from the start; undefined when it does not happen.
 * @param means mean latency per 500 ms from the start of the load
 * @param referenceMs the oracle's mean over its whole measured window
 */
export function settleSeconds(means: readonly number[], referenceMs: number): number | undefined {
  const look = (from: number): number => {
    const part = means.slice(from, from + STEPS_PER_LOOK);
    return part.reduce((sum, mean) => sum + mean, 0) / STEPS_PER_LOOK;
  };
  const limitMs = referenceMs * WITHIN;
  for (let from = 0; from + 2 * STEPS_PER_LOOK <= means.length; from += 1) {
    if (look(from) <= limitMs && look(from + STEPS_PER_LOOK) <= limitMs) return (from * STEP_MS) / 1000;
  }
  return undefined;
}
