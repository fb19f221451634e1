// The arithmetic of a round: what several proxies counted about each endpoint becomes one EndpointLoad. Pure.
// Rates are added per proxy over its own interval, so proxies with different intervals need no common clock.
import type { InstanceId } from "../model/ids.js";
import { completionsOf, type EndpointLoad, type LatencySource, type LoadSample } from "../model/load.js";
import type { RoundSample } from "./attempt-book.js";
import { type BackendReport, NO_BACKEND_REPORT } from "./backend-reports.js";
import { type LittleState, littleLatencyMs, littleStep } from "./littles-law.js";
import { addSamples, NO_LATENCY } from "./load-sample.js";

/** What one proxy counted in this round. */
export interface Contribution {
  readonly intervalMs: number;
  readonly samples: ReadonlyMap<InstanceId, LoadSample>;
}

/** Sum over proxies. `sample.inFlight` is not filled here: gauges come from all live proxies, not only these. */
export interface EndpointTotal {
  readonly sample: LoadSample;
  readonly rps: number;
}

const NOTHING: LoadSample = {
  successes: 0,
  errors: 0,
  issued: 0,
  inFlight: 0,
  latency: NO_LATENCY,
  failedLatency: NO_LATENCY,
  utilization: undefined,
};

/** Endpoint confidence: 20 completions are half the evidence one could wish for. */
const CONFIDENCE_HALF = 20;

export const IDLE: EndpointTotal = { sample: NOTHING, rps: 0 };

export function sumContributions(contributions: readonly Contribution[]): Map<InstanceId, EndpointTotal> {
  const totals = new Map<InstanceId, EndpointTotal>();
  for (const { intervalMs, samples } of contributions) {
    for (const [id, sample] of samples) {
      const total = totals.get(id) ?? IDLE;
      totals.set(id, {
        sample: addSamples(total.sample, sample, 0),
        rps: total.rps + (completionsOf(sample) * 1_000) / intervalMs,
      });
    }
  }
  return totals;
}

/** Mean of the times that the proxies' counters cover. */
export function meanIntervalMs(contributions: readonly Contribution[]): number {
  return contributions.reduce((sum, { intervalMs }) => sum + intervalMs, 0) / contributions.length;
}

export interface LoadInput {
  readonly instance: InstanceId;
  readonly total: EndpointTotal;
  readonly inFlight: number;
  /** Where connections are counted. */
  readonly openConnections?: number | undefined;
  readonly intervalMs: number;
  readonly ageMs: number;
  readonly little: LittleState;
  /** What the backend says of itself; default: nothing. */
  readonly report?: BackendReport;
  /** What access logs say of it; default: nothing. */
  readonly sample?: RoundSample | undefined;
}

export function endpointLoad(input: LoadInput): { readonly load: EndpointLoad; readonly little: LittleState } {
  const { instance, total, inFlight, intervalMs, ageMs, report = NO_BACKEND_REPORT, sample } = input;
  const { successes, errors, issued } = total.sample;
  const completions = completionsOf(total.sample);
  const little = littleStep(input.little, { intervalMs, inFlight, completions });
  const { source, latencyMs, count } = latencyOf(total.sample, sample, little);
  // One literal, so that all loads have one shape: everybody reads them, for every endpoint, every round.
  const load: EndpointLoad = {
    instance,
    successes,
    errors,
    issued,
    inFlight,
    openConnections: input.openConnections,
    rps: total.rps,
    errorRate: completions > 0 ? errors / completions : undefined,
    latencyMs,
    latencyCount: count,
    latencySource: source,
    utilization: report.utilization,
    utilizationAgeMs: report.utilizationAgeMs,
    utilizationSource: report.utilizationSource,
    reportedRps: report.reportedRps,
    reportedInFlight: report.reportedInFlight,
    sampled: sample?.summary,
    ageMs,
    confidence: completions / (completions + CONFIDENCE_HALF),
  };
  return { load, little };
}

interface Latency {
  readonly source: LatencySource;
  readonly latencyMs: number | undefined;
  /** Measurements behind it. */
  readonly count: number;
}

/**
 * The best there is: counted by the proxies for every request, sampled by them, or estimated. Access logs come later than
 * load reports: where the proxies count latencies, a sample that fell into a round without any was counted before.
 */
function latencyOf(counted: LoadSample, sample: RoundSample | undefined, little: LittleState): Latency {
  const { count, sumMs } = counted.latency;
  if (count > 0) return { source: "envoy", latencyMs: sumMs / count, count };
  const sampled = sample?.latency;
  if (sampled !== undefined && sampled.count > 0 && counted.successes > 0) {
    return { source: "access-log", latencyMs: sampled.sumMs / sampled.count, count: sampled.count };
  }
  const latencyMs = littleLatencyMs(little);
  if (latencyMs === undefined) return { source: "none", latencyMs, count: 0 };
  return { source: "little", latencyMs, count: completionsOf(counted) };
}
