// Where the requests of a round came from.
import type { CallOrigin } from "../model/load.js";
import { type Zone, zoneKey } from "../model/zone.js";
import type { Contribution } from "./round-aggregate.js";

interface Caller {
  readonly workers: number;
  readonly origin: Zone;
  /** What it counted since the last round; undefined = nothing. */
  readonly open: Contribution | undefined;
}

/** One per locality of the proxies that reported. */
export function callOrigins(callers: Iterable<Caller>): readonly CallOrigin[] {
  const origins = new Map<string, CallOrigin>();
  for (const { workers, origin, open } of callers) {
    if (open === undefined) continue;
    const key = zoneKey(origin);
    const known = origins.get(key);
    const { region, zone } = origin;
    origins.set(key, {
      region,
      zone,
      requests: (known?.requests ?? 0) + issuedIn(open),
      workers: (known?.workers ?? 0) + workers,
    });
  }
  return [...origins.values()];
}

function issuedIn({ samples }: Contribution): number {
  let issued = 0;
  for (const sample of samples.values()) issued += sample.issued;
  return issued;
}
