// Where the calls of a service come from: parts by locality of the proxies that report them, smoothed, for what is decided by
// it moves traffic between zones. What is not known yet is left open, for the reader to fill. Pure; survives JSON.
import { z } from "zod";
import type { LoadRound } from "../model/load.js";
import { isPlaced, type Nearness, NOWHERE, type Zone, zoneKey, zoneOf } from "../model/zone.js";
import { decayFactor } from "../stats/decay.js";

/** Milliseconds. A round that lacks the report of one of two zones then moves the other within the usual band only. */
const TAU_MS = 15_000;
/** A round of so few requests counts half. */
const HALF_COUNT = 20;
/** Smaller parts are forgotten. */
const LEAST_PART = 1e-4;
/** Proxies say where they are: what they say must not fill the memory. */
const MAX_ORIGINS = 256;

export const callerDemandSchema = z.array(
  z.object({
    region: z.string(),
    zone: z.string(),
    part: z.number().min(0).max(1),
    workers: z.number().min(1),
  }),
);

/** One row per locality that calls. Their parts add up to how far anything is known, 0..1. */
export type CallerDemand = readonly CallerRow[];

export interface CallerRow extends Zone {
  /** Of all calls. */
  readonly part: number;
  /** Worker threads of the proxies there, as of their last report; >= 1. */
  readonly workers: number;
}

/** Only what is heard changes what is known: after a silence, or a restart, there is no better guess than the last one. */
export function addCalls(
  demand: CallerDemand,
  { origins, intervalMs }: Pick<LoadRound, "origins" | "intervalMs">,
): CallerDemand {
  const total = origins.reduce((sum, { requests }) => sum + requests, 0);
  const step = (1 - decayFactor(intervalMs, TAU_MS)) * (total / (total + HALF_COUNT));
  const rows = new Map<string, CallerRow>();
  for (const row of demand) rows.set(zoneKey(row), { ...row, part: row.part * (1 - step) });
  for (const { region, zone, requests, workers } of origins) {
    const known = rows.get(zoneKey({ region, zone }));
    const part = (known?.part ?? 0) + (total > 0 ? (step * requests) / total : 0);
    rows.set(zoneKey({ region, zone }), { region, zone, part, workers });
  }
  return [...rows.values()]
    .filter(({ part }) => part >= LEAST_PART)
    .sort((a, b) => b.part - a.part)
    .slice(0, MAX_ORIGINS);
}

/** By zone; those that stand nowhere are under the empty one. */
export function demandByZone(demand: CallerDemand, nearness: Nearness): ReadonlyMap<string, CallerRow> {
  const zones = new Map<string, CallerRow>();
  for (const row of demand) {
    const zone = isPlaced(row, nearness) ? zoneOf(row, nearness) : NOWHERE;
    const known = zones.get(zoneKey(zone));
    const part = (known?.part ?? 0) + row.part;
    zones.set(zoneKey(zone), { ...zone, part, workers: (known?.workers ?? 0) + row.workers });
  }
  return zones;
}
