// How much traffic each level gets, by Envoy's rules ("Priority levels", "Degraded endpoints", "Panic threshold" in its
// documentation), in exact fractions where Envoy rounds to whole percent. A level is taken as fully able until fewer than
// 1/1.4 = 72 % of its hosts are healthy; what it cannot take spills to the next one. Invariant: all loads add up to 1,
// or nobody may take traffic and they are all 0.
import { sumOf } from "../../stats/parts.js";

export interface LevelHealth {
  /** Hosts of the level, >= 1. */
  readonly total: number;
  readonly healthy: number;
  /** Used only where no level has healthy hosts left to take the load. */
  readonly degraded: number;
}

export interface FailoverSettings {
  /** >= 1. Envoy's default, 1.4. */
  readonly overprovisioningFactor: number;
  /** 0..1, 0 = never. Below this part of usable hosts a level uses all of them, when the fleet as a whole is short. */
  readonly panicThreshold: number;
}

export interface LevelLoad {
  /** Part of all traffic that goes to the healthy hosts of the level, or to all its hosts in panic. */
  readonly healthy: number;
  /** Part of all traffic that goes to its degraded hosts. */
  readonly degraded: number;
  readonly panic: boolean;
}

/** @param levels most preferred first */
export function priorityLoads(levels: readonly LevelHealth[], settings: FailoverSettings): LevelLoad[] {
  const { overprovisioningFactor: factor, panicThreshold } = settings;
  const healthy = levels.map((level) => Math.min(1, (factor * level.healthy) / level.total));
  const degraded = levels.map((level) => Math.min(1, (factor * level.degraded) / level.total));
  const available = Math.min(1, sumOf(healthy) + sumOf(degraded));
  // With enough capacity in the fleet, a weak level is not in panic: the others take what it cannot.
  const panic = levels.map((level) => available < 1 && (level.healthy + level.degraded) / level.total < panicThreshold);
  if (panic.every((level) => level)) {
    const total = sumOf(levels.map((level) => level.total));
    return levels.map((level) => ({ healthy: level.total / total, degraded: 0, panic: true }));
  }
  if (available === 0) return levels.map(() => ({ healthy: 0, degraded: 0, panic: false }));
  let rest = 1;
  const take = (ability: number): number => {
    const load = Math.min(rest, ability / available);
    rest -= load;
    return load;
  };
  const toHealthy = healthy.map(take);
  const toDegraded = degraded.map(take);
  return levels.map((_, i) => ({
    healthy: toHealthy[i] ?? 0,
    degraded: toDegraded[i] ?? 0,
    panic: panic[i] ?? false,
  }));
}
