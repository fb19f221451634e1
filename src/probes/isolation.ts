// Decides when silence is more likely the prober's than theirs: when most instances of most services stop answering at
// once, the network between them and this server is the better suspect, and nobody is turned to failing. One service that
// falls silent as a whole is no sign of that; it has a guard of its own (service-verdicts.ts).

/** Probes of one service that ended lately, one per instance. */
export interface RecentProbes {
  readonly probed: number;
  /** Those that nobody answered. */
  readonly unanswered: number;
}

/** How long an outcome counts as lately, milliseconds. */
export const RECENT_MS = 10_000;
/** Fewer instances, or services, than these cannot tell their own failure from ours. */
const MIN_INSTANCES = 5;
const MIN_SERVICES = 2;
const MOST = 0.5;

export function isIsolated(services: Iterable<RecentProbes>): boolean {
  let counted = 0;
  let silent = 0;
  let probed = 0;
  let unanswered = 0;
  for (const service of services) {
    if (service.probed === 0) continue;
    counted += 1;
    if (service.unanswered > MOST * service.probed) silent += 1;
    probed += service.probed;
    unanswered += service.unanswered;
  }
  return counted >= MIN_SERVICES && probed >= MIN_INSTANCES && silent > MOST * counted && unanswered > MOST * probed;
}
