// Load that one service sends to the instances of another, which takes over for it. Proxies count it under the cluster of the
// first; what it says, it says of the second's instances, so it belongs to the reports of that one: its loop then sees all
// their load, and a drain there waits for all that is in flight.
import type { LoadReport, LoadSample } from "../model/load.js";
import { addToSamples } from "./load-sample.js";

/** The cluster whose own instance has the address; undefined where none that takes over has it. */
export type Takeover = (endpointKey: string) => string | undefined;

/**
 * Reports of one message, which all cover the same time: samples of instances that take over move to the report of their own
 * cluster, where they add to what that counts itself.
 * @param takeoverOf of a cluster; undefined where no other service takes over
 */
export function creditedToOwners(
  reports: readonly LoadReport[],
  takeoverOf: (cluster: string) => Takeover | undefined,
): readonly LoadReport[] {
  const moved = new Map<string, { readonly like: LoadReport; readonly samples: Map<string, LoadSample> }>();
  const kept = reports.map((report) => withoutTakeover(report, takeoverOf(report.cluster), moved));
  if (moved.size === 0) return reports;
  const added = kept.map((report) => {
    const credit = moved.get(report.cluster);
    moved.delete(report.cluster);
    return credit === undefined ? report : withCredit(report, credit.samples);
  });
  const alone = [...moved].map(([cluster, { like, samples }]) => ({ ...like, cluster, endpoints: samples }));
  return [...added, ...alone];
}

function withoutTakeover(
  report: LoadReport,
  takeover: Takeover | undefined,
  moved: Map<string, { readonly like: LoadReport; readonly samples: Map<string, LoadSample> }>,
): LoadReport {
  if (takeover === undefined) return report;
  const endpoints = new Map<string, LoadSample>();
  for (const [endpoint, sample] of report.endpoints) {
    const owner = takeover(endpoint);
    if (owner === undefined) {
      endpoints.set(endpoint, sample);
      continue;
    }
    const credit = moved.get(owner) ?? { like: report, samples: new Map<string, LoadSample>() };
    moved.set(owner, credit);
    addToSamples(credit.samples, endpoint, sample);
  }
  return endpoints.size === report.endpoints.size ? report : { ...report, endpoints };
}

function withCredit(report: LoadReport, samples: ReadonlyMap<string, LoadSample>): LoadReport {
  const endpoints = new Map(report.endpoints);
  for (const [endpoint, sample] of samples) addToSamples(endpoints, endpoint, sample);
  return { ...report, endpoints };
}
