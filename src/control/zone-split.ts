// The traffic of each priority, spread over zones: capacity from the catalogue, as far as modifiers leave it, demand from
// the proxies' reports. Pure.
import { z } from "zod";
import { type LocalitySplit, localitySplit } from "../balancers/failover/locality-split.js";
import type { InstanceId } from "../model/ids.js";
import type { LocalityPreference } from "../model/policy/failover.js";
import { isPlaced, NEARNESSES, zoneKey } from "../model/zone.js";
import { partsOf, sumOf } from "../stats/parts.js";
import { type CallerDemand, type CallerRow, demandByZone } from "./caller-demand.js";
import type { LevelPlaces } from "./zone-places.js";

const part = z.number().min(0).max(1);

export const zoneSplitSchema = z.object({
  prefer: z.enum(NEARNESSES),
  levels: z.array(
    z.object({
      priority: z.int().min(0),
      zones: z.array(
        z.object({
          region: z.string(),
          zone: z.string(),
          capacity: part,
          demand: part,
          share: part,
          sends: z.array(part),
          degradedPart: part,
        }),
      ),
      elsewhere: z.array(part),
      /** `crowding` of the group of each zone, see `PoolGroup`. */
      crowding: z.array(z.number().positive()),
    }),
  ),
});

/** `PlanLocalities`, and what the share law needs. */
export type ZoneSplit = z.output<typeof zoneSplitSchema>;
type ZonedLevel = ZoneSplit["levels"][number];

/** Parts of a zone's calls that have to change place before the split is made anew: each time all its weights are sent. */
const DEAD_BAND = 0.02;
const CROWDING_DEAD_BAND_LOG = 0.25;

/** @param leftOf part of its capacity that modifiers leave an instance, 0..1 */
export function zoneSplitOf(
  places: readonly LevelPlaces[],
  { prefer, bandPercent, probePercent }: LocalityPreference,
  demand: CallerDemand,
  leftOf: (instance: InstanceId) => number,
): ZoneSplit {
  const settings = { band: bandPercent / 100, probe: probePercent / 100 };
  const calls = demandByZone(demand, prefer);
  return {
    prefer,
    levels: places.map(({ priority, zones, keys, registered, serving, degradedParts }): ZonedLevel => {
      const capacities = zones.map(() => 0);
      for (const { id, zone, capacity } of serving) capacities[zone] = (capacities[zone] ?? 0) + capacity * leftOf(id);
      const rows = zones.map((zone, i) => (isPlaced(zone, prefer) ? calls.get(keys[i] ?? "") : undefined));
      const demands = demandsOf(calls, rows, partsOf(registered));
      const split = localitySplit(
        zones.map(({ region }, i) => ({ region, capacity: capacities[i] ?? 0, demand: demands.ofZones[i] ?? 0 })),
        demands.elsewhere,
        settings,
      );
      const parts = partsOf(capacities);
      return {
        priority,
        zones: zones.map((zone, i) => ({
          ...zone,
          capacity: asPart(parts[i]),
          demand: asPart(demands.ofZones[i]),
          share: asPart(split.shares[i]),
          sends: (split.sends[i] ?? []).map(asPart),
          degradedPart: asPart(degradedParts[i]),
        })),
        elsewhere: split.elsewhere.map(asPart),
        crowding: crowdingOf(calls, rows, demands, split),
      };
    }),
  };
}

/** Whether one is worth sending in place of the other. */
export function isOtherSplit(a: ZoneSplit | undefined, b: ZoneSplit | undefined): boolean {
  if (a === undefined || b === undefined) return a !== b;
  if (a.prefer !== b.prefer || a.levels.length !== b.levels.length) return true;
  return a.levels.some((level, i) => {
    const other = b.levels[i];
    if (other === undefined || namesOf(other) !== namesOf(level)) return true;
    const rows = level.zones.map(({ sends }, zone) => [sends, other.zones[zone]?.sends ?? []] as const);
    return (
      [...rows, [level.elsewhere, other.elsewhere] as const].some(([before, after]) =>
        before.some((part, zone) => Math.abs(part - (after[zone] ?? 0)) > DEAD_BAND),
      ) ||
      level.crowding.some(
        (value, zone) => Math.abs(Math.log(value / (other.crowding[zone] ?? value))) > CROWDING_DEAD_BAND_LOG,
      )
    );
  });
}

function namesOf({ priority, zones }: ZonedLevel): string {
  return [priority, ...zones.map((zone) => `${zoneKey(zone)}${zone.degradedPart}`)].join(" ");
}

interface Demands {
  readonly ofZones: readonly number[];
  readonly elsewhere: number;
}

/** @param rows of the zones @param prior what each is taken to call of what is not known: its part of what is registered */
function demandsOf(
  calls: ReadonlyMap<string, CallerRow>,
  rows: readonly (CallerRow | undefined)[],
  prior: readonly number[],
): Demands {
  const unknown = Math.max(0, 1 - sumOf(Array.from(calls.values(), (row) => row.part)));
  const ofZones = rows.map((row, i) => (row?.part ?? 0) + unknown * (prior[i] ?? 0));
  return { ofZones, elsewhere: Math.max(0, 1 - sumOf(ofZones)) };
}

/**
 * The share law takes what is in flight at an instance to be spread over all workers. Where a zone is called by the proxies
 * of that zone mostly, it is theirs alone.
 */
function crowdingOf(
  calls: ReadonlyMap<string, CallerRow>,
  rows: readonly (CallerRow | undefined)[],
  demands: Demands,
  { sends, elsewhere, shares }: LocalitySplit,
): number[] {
  const all = sumOf(Array.from(calls.values(), ({ workers }) => workers));
  const ofZones = rows.map((row) => row?.workers ?? 0);
  const others = all - sumOf(ofZones);
  return shares.map((share, zone) => {
    if (share === 0) return 1;
    const callers = [
      ...sends.map((parts, i) => ({ calls: (demands.ofZones[i] ?? 0) * (parts[zone] ?? 0), workers: ofZones[i] ?? 0 })),
      { calls: demands.elsewhere * (elsewhere[zone] ?? 0), workers: others },
    ].filter(({ workers }) => workers > 0);
    const known = sumOf(callers.map((caller) => caller.calls));
    if (known === 0) return 1;
    return all * sumOf(callers.map((caller) => (caller.calls / known) ** 2 / caller.workers));
  });
}

/** Rounding may leave it a trace above 1. */
function asPart(value = 0): number {
  return Math.min(1, value);
}
