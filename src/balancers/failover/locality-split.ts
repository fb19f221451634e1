// How callers are spread over zones when those near them are preferred. A zone's own callers get what it can take, and a
// band more, for a short way is worth a little imbalance; the rest goes to zones with room, those of its region first. Each
// part is a continuous function of capacity and demand: no threshold at which traffic jumps, and so nothing that could flap.
// Sources: the band and the probe share are those of Envoy's load_aware_locality policy; that a zone keeps what its capacity
// allows relative to its demand is the rule of Envoy's zone aware routing.

import { partsOf, sumOf } from "../../stats/parts.js";

/** In any unit, the same for all. */
export interface ZoneLoad {
  /** What its instances can take, >= 0. */
  readonly capacity: number;
  /** Calls that come from there, >= 0. */
  readonly demand: number;
  /** Zones of one region are nearer to each other than to others. */
  readonly region: string;
}

export interface LocalitySettings {
  /** >= 0. A zone's own callers may bring it to 1 + this times its part of the load. */
  readonly band: number;
  /** 0..0.5. Part of the calls of a zone that leaves it in any case. */
  readonly probe: number;
}

/** Parts are 0..1, and 0 where a zone has no capacity. */
export interface LocalitySplit {
  /** What callers of each zone send to each zone; each row adds up to 1. */
  readonly sends: readonly (readonly number[])[];
  /** What callers in none of the zones send to each. */
  readonly elsewhere: readonly number[];
  /** Part of all calls that arrives in each. */
  readonly shares: readonly number[];
}

/** Besides what zones have left, this much of their capacity counts as room, or nowhere might be any. */
const LEAST_ROOM = 0.01;

/**
 * @param zones at least one with capacity, or all parts are 0
 * @param demandElsewhere calls that come from none of them
 */
export function localitySplit(
  zones: readonly ZoneLoad[],
  demandElsewhere: number,
  { band, probe }: LocalitySettings,
): LocalitySplit {
  const capacities = partsOf(zones.map(({ capacity }) => capacity));
  const demands = partsOf([...zones.map(({ demand }) => demand), demandElsewhere]);
  const isAlone = capacities.filter((capacity) => capacity > 0).length < 2;
  const kept = capacities.map((capacity, i) => {
    if (capacity === 0) return 0;
    return isAlone ? 1 : Math.min(1, ((1 + band) * capacity) / (demands[i] ?? 0)) * (1 - probe);
  });
  const room = capacities.map((capacity, i) => Math.max(0, capacity - (demands[i] ?? 0) * (kept[i] ?? 0)));
  // Of what each zone sends away, all but the probes goes to its own region, as far as there is room for all that spills there.
  const spillOf = (zone: number): number => Math.max(0, 1 - probe - (kept[zone] ?? 0)) * (demands[zone] ?? 0);
  const nearby = zones.map((zone, caller) => {
    const near = zones.map(({ region }, i) => (region === zone.region && i !== caller ? (room[i] ?? 0) : 0));
    const spill = sumOf(zones.map(({ region }, i) => (region === zone.region ? spillOf(i) : 0)));
    const stays = spill > 0 ? Math.min(1, sumOf(near) / spill) : 0;
    return partsOf(near).map((part) => stays * part);
  });
  const left = room.map((value, i) => {
    const taken = sumOf(nearby.map((parts, caller) => spillOf(caller) * (parts[i] ?? 0)));
    return Math.max(0, value - taken) + Math.max(probe, LEAST_ROOM) * (capacities[i] ?? 0);
  });
  const sends = kept.map((own, caller) => {
    const spilt = Math.max(0, 1 - probe - own);
    const near = (nearby[caller] ?? []).map((part) => spilt * part);
    const rest = Math.max(0, 1 - own - sumOf(near));
    const anywhere = partsOf(left.map((value, i) => (i === caller ? 0 : value)));
    return anywhere.map((part, i) => (i === caller ? own : (near[i] ?? 0) + rest * part));
  });
  const elsewhere = partsOf(left);
  const shares = capacities.map((_, i) =>
    sumOf([...sends, elsewhere].map((parts, caller) => (demands[caller] ?? 0) * (parts[i] ?? 0))),
  );
  return { sends, elsewhere, shares };
}
