// Which instances compete for traffic now, and with whom. Envoy first draws a priority, and there either the healthy or the
// degraded ones, and of these a zone where zones near the caller are preferred; weights decide only among those that are
// drawn together. So shares are worked out in such groups, and each group as a whole gets what Envoy sends there. The others
// are sent to Envoy all the same, with the health or the priority that keeps traffic away.
import type { PoolGroup } from "../balancers/endpoint-pool.js";
import type { CatalogueInstance } from "../model/instance.js";
import { zoneKey, zoneOf } from "../model/zone.js";
import type { Level } from "./levels.js";
import type { ZoneSplit } from "./zone-split.js";

/** Those among whom Envoy chooses by weight. Its load is > 0; all groups add up to 1. */
export interface TrafficGroup extends PoolGroup {
  readonly members: readonly CatalogueInstance[];
}

/** @param levels the service's own @param split of the same levels, where zones are preferred */
export function groupsOf(levels: readonly Level[], split?: ZoneSplit): readonly TrafficGroup[] {
  const groups = levels.flatMap(({ priority, instances, healthy, degraded, load }): TrafficGroup[] => {
    // In panic Envoy looks at neither healths nor zones.
    if (load.panic) return [{ key: `${priority}/all`, load: load.healthy + load.degraded, members: instances }];
    return [
      { key: `${priority}/healthy`, load: load.healthy, members: healthy },
      { key: `${priority}/degraded`, load: load.degraded, members: degraded },
    ].flatMap((group) => (split === undefined ? [group] : zoned(group, priority, split)));
  });
  const served = groups.filter(({ load, members }) => load > 0 && members.length > 0);
  const total = served.reduce((sum, { load }) => sum + load, 0);
  // What other services take over is not this one's to share out.
  return served.map((group) => ({ ...group, load: group.load / total }));
}

export function poolOf(levels: readonly Level[]): readonly CatalogueInstance[] {
  return groupsOf(levels).flatMap(({ members }) => members);
}

/** A group by zone: what reaches it is spread as over the zones of its priority, as far as these have members in it. */
function zoned(group: TrafficGroup, priority: number, split: ZoneSplit): TrafficGroup[] {
  const level = split.levels.find((candidate) => candidate.priority === priority);
  if (level === undefined) return [group];
  const byZone = new Map<string, CatalogueInstance[]>();
  for (const member of group.members) {
    const key = zoneKey(zoneOf(member.locality, split.prefer));
    const known = byZone.get(key);
    if (known) known.push(member);
    else byZone.set(key, [member]);
  }
  const zones = level.zones.flatMap((zone, i) => {
    const members = byZone.get(zoneKey(zone));
    const part = zone.share || zone.degradedPart;
    return members === undefined ? [] : [{ zone, members, crowding: level.crowding[i] ?? 1, part }];
  });
  const total = zones.reduce((sum, { part }) => sum + part, 0);
  return zones.map(({ zone, members, crowding, part }) => ({
    key: `${group.key}/${zoneKey(zone)}`,
    tier: group.key,
    load: (group.load * part) / total,
    crowding,
    members,
  }));
}
