// Bursts: a two-state Markov-modulated Poisson process. Its mean rate is the plan's, whatever the bursts.
import type { Rng } from "../../runtime/rng.js";
import { exponential } from "../engine/random-stream.js";
import type { VirtualClock } from "../engine/virtual-clock.js";
import type { Bursts } from "../simulation-plan.js";

/** Rates of the two states over the mean rate. */
export function burstLevels({ factor, meanBurstMs, meanPauseMs }: Bursts): {
  readonly calm: number;
  readonly burst: number;
} {
  const calm = (meanBurstMs + meanPauseMs) / (factor * meanBurstMs + meanPauseMs);
  return { calm, burst: calm * factor };
}

/** Calls `onLevel` with the new rate over the mean one at every change, the first time at once. */
export function runBursts(clock: VirtualClock, rng: Rng, bursts: Bursts, onLevel: (level: number) => void): void {
  const levels = burstLevels(bursts);
  const enter = (bursting: boolean): void => {
    onLevel(bursting ? levels.burst : levels.calm);
    const meanMs = bursting ? bursts.meanBurstMs : bursts.meanPauseMs;
    clock.schedule(meanMs * exponential(rng), () => enter(!bursting));
  };
  enter(false);
}
