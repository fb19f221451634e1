// Where the calls of a service come from: requests by locality of the proxies that report them, with a memory of half a
// minute, for what is decided by it moves traffic between zones. Pure; survives JSON.
import { z } from "zod";
import type { LoadRound } from "../model/load.js";
import { isPlaced, type Nearness, NOWHERE, type Zone, zoneKey, zoneOf } from "../model/zone.js";
import { decayFactor } from "../stats/decay.js";

/** Milliseconds. */
const TAU_MS = 30_000;
/** What is left of so few requests is forgotten. */
const LEAST_REQUESTS = 0.5;
/** Proxies say where they are: what they say must not fill the memory. */
const MAX_ORIGINS = 256;

export const callerDemandSchema = z.array(
  z.object({
    region: z.string(),
    zone: z.string(),
    requests: z.number().min(0),
    workers: z.number().min(1),
  }),
);

/** One row per locality that calls. */
export type CallerDemand = readonly CallerRow[];

export interface CallerRow extends Zone {
  /** Decayed. */
  readonly requests: number;
  /** Worker threads of the proxies there, as of their last report; >= 1. */
  readonly workers: number;
}

export function addCalls(demand: CallerDemand, { origins }: Pick<LoadRound, "origins">, gapMs: number): CallerDemand {
  const keep = decayFactor(gapMs, TAU_MS);
  const rows = new Map<string, CallerRow>();
  for (const row of demand) rows.set(zoneKey(row), { ...row, requests: row.requests * keep });
  for (const { region, zone, requests, workers } of origins) {
    const known = rows.get(zoneKey({ region, zone }));
    rows.set(zoneKey({ region, zone }), { region, zone, requests: (known?.requests ?? 0) + requests, workers });
  }
  return [...rows.values()]
    .filter(({ requests }) => requests >= LEAST_REQUESTS)
    .sort((a, b) => b.requests - a.requests)
    .slice(0, MAX_ORIGINS);
}

/** By zone; those that stand nowhere are under the empty one. */
export function demandByZone(demand: CallerDemand, nearness: Nearness): ReadonlyMap<string, CallerRow> {
  const zones = new Map<string, CallerRow>();
  for (const row of demand) {
    const zone = isPlaced(row, nearness) ? zoneOf(row, nearness) : NOWHERE;
    const known = zones.get(zoneKey(zone));
    const requests = (known?.requests ?? 0) + row.requests;
    zones.set(zoneKey(zone), { ...zone, requests, workers: (known?.workers ?? 0) + row.workers });
  }
  return zones;
}
