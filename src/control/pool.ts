// Which instances compete for traffic now, and with whom. Envoy first draws a priority, and there either the healthy or the
// degraded ones; weights decide only among those that are drawn together. So shares are worked out in such groups, and each
// group as a whole gets what Envoy sends there. The others are sent to Envoy all the same, with the health or the priority
// that keeps traffic away.
import type { CatalogueInstance } from "../model/instance.js";
import type { Level } from "./levels.js";

/** Those among whom Envoy chooses by weight. */
export interface TrafficGroup {
  readonly key: string;
  /** Part of the service's traffic, > 0; all groups add up to 1. */
  readonly load: number;
  readonly members: readonly CatalogueInstance[];
}

/** @param levels the service's own */
export function groupsOf(levels: readonly Level[]): readonly TrafficGroup[] {
  const groups = levels.flatMap(({ priority, instances, healthy, degraded, load }) =>
    load.panic
      ? [{ key: `${priority}/all`, load: load.healthy + load.degraded, members: instances }]
      : [
          { key: `${priority}/healthy`, load: load.healthy, members: healthy },
          { key: `${priority}/degraded`, load: load.degraded, members: degraded },
        ],
  );
  const served = groups.filter(({ load, members }) => load > 0 && members.length > 0);
  const total = served.reduce((sum, { load }) => sum + load, 0);
  // What other services take over is not this one's to share out.
  return served.map((group) => ({ ...group, load: group.load / total }));
}

export function poolOf(levels: readonly Level[]): readonly CatalogueInstance[] {
  return groupsOf(levels).flatMap(({ members }) => members);
}
