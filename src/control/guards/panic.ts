// When most of a pool looks faulty the fault is elsewhere (a dependency, the network, our own signals), and squeezing all
// traffic onto the few that look well would kill them too. Then nobody is held back for a fault.
import type { Effects } from "../modifiers/modifier.js";

/** A factor below this counts as held back. */
const HELD_BACK = 0.5;

/** @param faultEffects effects of all modifiers that react to faults @param panicRatio 0..1 */
export function isPanic(pool: number, faultEffects: readonly Effects[], panicRatio: number): boolean {
  const held = new Set<number>();
  for (const effects of faultEffects) {
    for (const [i, { factor }] of effects) if (factor.value < HELD_BACK) held.add(i);
  }
  return held.size > 1 && held.size > pool * panicRatio;
}
