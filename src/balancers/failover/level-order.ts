// Which backends are preferred: first by priority level, then by nearness. As in Istio's locality failover, each distance
// is a level of its own within a priority, so that traffic leaves a zone by the same rule by which it leaves a priority:
// only as far as those nearer cannot take it.
import type { Locality } from "../../model/instance.js";

export interface Placement {
  /** 0 = most preferred. */
  readonly priority: number;
  readonly locality: Locality;
}

/** 0 = as near as the origin can tell. Parts that the origin leaves empty do not count; a mismatch ends the comparison. */
export function distanceOf({ region, zone, subZone }: Locality, origin: Locality): number {
  const stated = [
    { own: region, other: origin.region },
    { own: zone, other: origin.zone },
    { own: subZone, other: origin.subZone },
  ].filter(({ other }) => other !== "");
  const mismatch = stated.findIndex(({ own, other }) => own !== other);
  return mismatch < 0 ? 0 : stated.length - mismatch;
}

/** Groups of equal preference, most preferred first. Each group has at least one member. */
export function levelsOf<T>(
  members: readonly T[],
  placementOf: (member: T) => Placement,
  origin: Locality,
): { readonly key: string; readonly members: readonly T[] }[] {
  const levels = new Map<string, { key: string; priority: number; distance: number; members: T[] }>();
  for (const member of members) {
    const { priority, locality } = placementOf(member);
    const distance = distanceOf(locality, origin);
    const key = `${priority}/${distance}`;
    const level = levels.get(key);
    if (level === undefined) levels.set(key, { key, priority, distance, members: [member] });
    else level.members.push(member);
  }
  return [...levels.values()].sort((a, b) => a.priority - b.priority || a.distance - b.distance);
}
