// How callers are spread over zones, as a table: a line per zone and priority, and one for callers in none of them.
import type { WeightsAnswer } from "../api/answers.js";
import { type Zone, zoneName } from "../model/zone.js";
import type { Styles } from "./ansi.js";
import { percent } from "./format.js";
import { renderTable } from "./table.js";

export type Localities = NonNullable<WeightsAnswer["localities"]>;

const ELSEWHERE = "(elsewhere)";

export function zonesTable(localities: Localities | undefined, styles: Styles): string {
  if (localities === undefined) return "distance plays no part: failover.locality is not set\n";
  return renderTable(
    [
      { title: "PRIORITY", align: "right" },
      { title: localities.prefer.toUpperCase() },
      { title: "CAPACITY", align: "right" },
      { title: "CALLS", align: "right" },
      { title: "TRAFFIC", align: "right" },
      { title: "SENDS" },
    ],
    localities.levels.flatMap(({ priority, zones, elsewhere }) => [
      ...zones.map((zone) => [
        String(priority),
        zoneName(zone),
        percent(zone.capacity),
        percent(zone.demand),
        percent(zone.share),
        sendsText(zones, zone.sends),
      ]),
      [String(priority), ELSEWHERE, "", "", "", sendsText(zones, elsewhere)],
    ]),
    styles.bold,
  );
}

/** Most first. */
function sendsText(zones: readonly Zone[], sends: readonly number[]): string {
  return zones
    .map((zone, i) => ({ name: zoneName(zone), part: sends[i] ?? 0 }))
    .filter(({ part }) => part > 0)
    .sort((a, b) => b.part - a.part)
    .map(({ name, part }) => `${name} ${percent(part)}`)
    .join(", ");
}
