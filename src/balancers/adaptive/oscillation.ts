// Lowers the gain of an endpoint whose error swings from one side to the other, whatever makes it swing: a delay nobody
// told us of (reports that arrive late), a neighbour that comes and goes, plain noise. Raises it again when the error
// stays on one side, which is what a gain too low looks like. One gain per endpoint, as in Jacobs, "Increased rates of
// convergence through learning rate adaptation" (1988); flips are counted with a Schmitt trigger, so that noise around
// zero is none.
import { decayFactor } from "../../stats/decay.js";
import type { AdaptiveConfig } from "./config.js";

export interface Swing {
  /** The side of zero on which the error last was clearly: -1, 0 (never yet) or 1. */
  readonly side: number;
  /** Changes of side, decayed. */
  readonly flips: number;
  /** Milliseconds of learning since the last change of side or of gain. */
  readonly heldMs: number;
  /** Factor on the gain, `minGainFactor`..1. */
  readonly gainFactor: number;
}

export const NO_SWING: Swing = { side: 0, flips: 0, heldMs: 0, gainFactor: 1 };

/** @param error log latency error of this round, finite */
export function swingStep(swing: Swing, error: number, elapsedMs: number, config: AdaptiveConfig): Swing {
  const { flipThreshold, flipMemoryMs, flipsToLower, heldToRaiseMs, minGainFactor } = config;
  const side = error > flipThreshold ? 1 : error < -flipThreshold ? -1 : swing.side;
  const flipped = swing.side !== 0 && side !== swing.side;
  const flips = swing.flips * decayFactor(elapsedMs, flipMemoryMs) + (flipped ? 1 : 0);
  if (flips >= flipsToLower) {
    return { side, flips: 0, heldMs: 0, gainFactor: Math.max(minGainFactor, swing.gainFactor / 2) };
  }
  if (flipped) return { ...swing, side, flips, heldMs: 0 };
  // A small error proves nothing either way: the gain comes back slowly.
  const isClear = Math.abs(error) > flipThreshold;
  const heldMs = swing.heldMs + (isClear ? elapsedMs : elapsedMs / 4);
  if (heldMs < heldToRaiseMs || swing.gainFactor >= 1) return { ...swing, side, flips, heldMs };
  return { side, flips, heldMs: 0, gainFactor: Math.min(1, swing.gainFactor * 2) };
}
