// Endpoints as callers at one place are to reach them, where those near them are preferred: a locality on the wire is a zone
// of the plan (or a region), for Envoy draws a locality first and weighs endpoints only inside it.
import type { LocalityLevel, PlanLocalities } from "../model/plan.js";
import { isPlaced, NOWHERE, type Zone, zoneKey, zoneOf } from "../model/zone.js";
import type { PlannedEndpoint } from "./planned-service.js";

/** @param localities of their plan; absent: it knows no distances, and all of a priority are one locality */
export function inZones(
  endpoints: readonly PlannedEndpoint[],
  localities: PlanLocalities | undefined,
  origin: Zone,
): readonly PlannedEndpoint[] {
  if (localities === undefined) {
    return endpoints.map((endpoint) => ({ ...endpoint, locality: onWire(NOWHERE), localityPart: 1 }));
  }
  const { prefer, levels } = localities;
  const from = isPlaced(origin, prefer) ? zoneKey(zoneOf(origin, prefer)) : undefined;
  const reach = new Map(levels.map((level) => [level.priority, reachOf(level, from)]));
  return endpoints.map((endpoint) => {
    const zone = zoneOf(endpoint.locality, prefer);
    const { part, perShare } = reach.get(endpoint.priority)?.get(zoneKey(zone)) ?? UNREACHED;
    return { ...endpoint, locality: onWire(zone), localityPart: part, share: endpoint.share * perShare };
  });
}

interface Reach {
  /** What these callers send to the zone, 0..1. */
  readonly part: number;
  /** The same over what all callers together do. */
  readonly perShare: number;
}

/** Of a zone that the plan does not know yet: it takes no traffic. */
const UNREACHED: Reach = { part: 0, perShare: 1 };

/** By zone. @param from the callers' own zone */
function reachOf({ zones, elsewhere }: LocalityLevel, from: string | undefined): ReadonlyMap<string, Reach> {
  const sends = zones.find((zone) => zoneKey(zone) === from)?.sends ?? elsewhere;
  return new Map(
    zones.map((zone, i) => {
      const part = sends[i] || zone.degradedPart;
      return [zoneKey(zone), { part, perShare: zone.share > 0 ? part / zone.share : 1 }];
    }),
  );
}

function onWire({ region, zone }: Zone): PlannedEndpoint["locality"] {
  return { region, zone, subZone: "" };
}
