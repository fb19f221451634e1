// Where callers and instances stand, as far as the preference for near instances looks: zones, or whole regions.

/** What counts as near. */
export const NEARNESSES = ["zone", "region"] as const;
export type Nearness = (typeof NEARNESSES)[number];

/** A zone, or with an empty `zone` a whole region. */
export interface Zone {
  readonly region: string;
  readonly zone: string;
}

/** Of whom it is not known where he stands. */
export const NOWHERE: Zone = { region: "", zone: "" };

/** Zones of the same name in two regions are two. */
export function zoneOf({ region, zone }: Zone, nearness: Nearness): Zone {
  return nearness === "zone" ? { region, zone } : { region, zone: "" };
}

/** Whether one that stands here has anything near: who says nothing of its place has not. */
export function isPlaced({ region, zone }: Zone, nearness: Nearness): boolean {
  return (nearness === "zone" ? zone : region) !== "";
}

/** The same for the same zone. */
export function zoneKey({ region, zone }: Zone): string {
  return JSON.stringify([region, zone]);
}

/** For people: `region/zone`. */
export function zoneName({ region, zone }: Zone): string {
  if (zone === "") return region === "" ? "no zone" : region;
  return region === "" ? zone : `${region}/${zone}`;
}
