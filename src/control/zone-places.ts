// Which instances stand in which zone, priority by priority: all of a split over zones that changes with members only.
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import { type Nearness, type Zone, zoneKey, zoneOf } from "../model/zone.js";
import type { Level } from "./levels.js";

export interface LevelPlaces {
  readonly priority: number;
  /** Sorted; all columns are in their order. */
  readonly zones: readonly Zone[];
  readonly keys: readonly string[];
  /** Sums of the registered weights of all instances. */
  readonly registered: readonly number[];
  /** Those who take the traffic: the healthy ones; the degraded ones where nobody is healthy. */
  readonly serving: readonly { readonly id: InstanceId; readonly zone: number; readonly capacity: number }[];
  /** Of those who could take traffic, the part that is degraded in zones without healthy ones; 0 for the others. */
  readonly degradedParts: readonly number[];
}

export function placesOf(levels: readonly Level[], prefer: Nearness): readonly LevelPlaces[] {
  return levels.map(({ priority, instances, healthy, degraded }) => {
    const byKey = new Map<string, Zone>();
    const keyOf = new Map<CatalogueInstance, string>();
    for (const instance of instances) {
      const zone = zoneOf(instance.locality, prefer);
      const key = zoneKey(zone);
      byKey.set(key, zone);
      keyOf.set(instance, key);
    }
    const zones = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1));
    const numbers = new Map(zones.map(([key], i) => [key, i]));
    const numberOf = (instance: CatalogueInstance): number => numbers.get(keyOf.get(instance) ?? "") ?? 0;
    const sums = (members: readonly CatalogueInstance[], valueOf: (member: CatalogueInstance) => number): number[] => {
      const values = zones.map(() => 0);
      for (const member of members) values[numberOf(member)] = (values[numberOf(member)] ?? 0) + valueOf(member);
      return values;
    };
    const healthyIn = sums(healthy, () => 1);
    const live = healthy.length + degraded.length;
    return {
      priority,
      zones: zones.map(([, zone]) => zone),
      keys: zones.map(([key]) => key),
      registered: sums(instances, ({ weight }) => weight),
      serving: (healthy.length > 0 ? healthy : degraded).map((member) => ({
        id: member.id,
        zone: numberOf(member),
        capacity: member.weight * (member.drain?.left || 1),
      })),
      degradedParts: sums(degraded, () => 1 / live).map((part, zone) =>
        healthy.length > 0 && healthyIn[zone] === 0 ? part : 0,
      ),
    };
  });
}
