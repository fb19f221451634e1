// Blind means frozen: without fresh reports the last weights stay, because any guess is worse than what worked.
import type { ControlSettings } from "../settings.js";

/**
 * @param sinceRoundMs milliseconds since the last round; undefined = there never was one, so there is nothing to freeze
 * @param intervalMs interval of the reports, milliseconds
 */
export function isStale(
  sinceRoundMs: number | undefined,
  intervalMs: number,
  { staleIntervals }: ControlSettings["guards"],
): boolean {
  return sinceRoundMs !== undefined && sinceRoundMs > staleIntervals * intervalMs;
}
