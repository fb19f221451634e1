// How far a measured share may lie from the true one by chance alone. Envoy draws priorities and the degraded at random, so
// counts are binomial; weights are served by a schedule, which is nearer to its share than chance.

/** 1 in 16,000: with a few hundred such checks per run, one run in fifty would see one of them fail by chance. */
const DEVIATIONS = 4;

/**
 * Largest deviation from `share` that chance allows, 4 standard deviations (99.994 % confidence), and one part in a hundred:
 * Envoy works out its shares of priorities in whole per cent.
 * @param share 0..1
 */
export function chanceBound(share: number, requests: number): number {
  return 0.01 + DEVIATIONS * Math.sqrt((share * (1 - share)) / requests);
}
