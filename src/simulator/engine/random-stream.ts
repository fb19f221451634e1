// Randomness by purpose. Each purpose has its own stream, so that two policies under the same seed meet the same arrivals
// and the same service demands, whatever they decide: differences between them are then theirs (common random numbers).
import { type Rng, seededRng } from "../../runtime/rng.js";

const STREAMS = { arrivals: 1, demands: 2, proxies: 3, picks: 4, faults: 5, telemetry: 6, bursts: 7 } as const;

/** @param index tells apart several owners of one purpose, such as the workers of the proxies */
export function randomStream(seed: number, purpose: keyof typeof STREAMS, index = 0): Rng {
  const mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(STREAMS[purpose], 0x85ebca6b) ^ Math.imul(index, 0xc2b2ae35);
  return seededRng(mixed);
}

/** Exponential with mean 1. */
export function exponential(rng: Rng): number {
  return -Math.log(1 - rng.next());
}

/** Standard normal, by Box and Muller. */
export function normal(rng: Rng): number {
  return Math.sqrt(2 * exponential(rng)) * Math.cos(2 * Math.PI * rng.next());
}
