// From target shares to the weights that make Envoy deliver them. Under LEAST_REQUEST with bias 1 Envoy picks by
// `weight / (active + 1)`, so traffic is not proportional to weight: with n = R·L/P requests in flight per worker,
// an endpoint with share s holds s·n of them, and w = s·(1 + s·n) yields exactly s. For small n this is w = s, for large n
// w = s². Using s² throughout starves small shares: they never come back (measured on Envoy 1.40).
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import { lowestTerms } from "./lowest-terms.js";

/** The largest weight sent: fine enough for shares of 1:60,000, small enough that 70,000 endpoints fit one locality. */
export const LARGEST_WEIGHT = 60_000;

/** What all weights are when all shares are equal, so that Envoy uses true power-of-two-choices. */
export const EQUAL_WEIGHT = 100;

/**
 * @param shares target shares, each > 0
 * @param inFlightPerWorker n = R·L/P, >= 0: requests per second times mean latency in seconds, over Envoy workers; a function
 *   where it is not the same for all, by position
 * @returns integer weights 1..65,535, in the order of `shares`
 */
export function weightsFor(
  enforcement: EnvoyEnforcement,
  shares: readonly number[],
  inFlightPerWorker: number | ((position: number) => number),
): number[] {
  const first = shares[0];
  if (first === undefined) return [];
  if (shares.every((share) => Math.abs(share - first) <= first * 1e-6)) return shares.map(() => EQUAL_WEIGHT);
  const inFlight = typeof inFlightPerWorker === "number" ? () => inFlightPerWorker : inFlightPerWorker;
  switch (enforcement.policy) {
    case "least_request":
      return scaled(shares.map((share, i) => share * (1 + enforcement.activeRequestBias * share * inFlight(i))));
    case "round_robin":
    case "random":
      return scaled(shares);
    case "ring_hash":
    case "maglev":
      return lowestTerms(shares) ?? scaled(shares);
  }
}

function scaled(raw: readonly number[]): number[] {
  const largest = Math.max(...raw);
  return raw.map((weight) => Math.max(1, Math.round((weight / largest) * LARGEST_WEIGHT)));
}

/** The law in words, for explanations. */
export function lawOf(enforcement: EnvoyEnforcement, inFlightPerWorker: number): string {
  switch (enforcement.policy) {
    case "least_request":
      return `LEAST_REQUEST: weight ∝ share·(1 + share·n), n = ${inFlightPerWorker.toFixed(2)} requests in flight per Envoy worker; all equal = power of two choices`;
    case "round_robin":
      return "ROUND_ROBIN: weight ∝ share";
    case "random":
      return "RANDOM: Envoy ignores weights";
    case "ring_hash":
      return "RING_HASH: entries of the ring ∝ weight ∝ share, so shares are of keys, not of requests";
    case "maglev":
      return "MAGLEV: entries of the table ∝ weight ∝ share, so shares are of keys, not of requests";
  }
}
