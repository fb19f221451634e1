// Bounds what one proxy can say against all others. A proxy that sees an endpoint much slower or worse than the rest of the
// fleet does has a problem of its own (its host, its path, its clock, or it lies), and one weight for all is the wrong
// cure: it is counted as if it had seen what the others see. A real fault is seen by all of them within one interval. Needs
// three proxies: between two there is no telling who is right.
import type { InstanceId } from "../model/ids.js";
import { completionsOf, type LoadSample } from "../model/load.js";
import type { Gauges } from "./gauges.js";
import { type Contribution, type EndpointTotal, sumContributions } from "./round-aggregate.js";

/** Fewer reporters than this cannot outvote one. */
const MIN_REPORTERS = 3;
/** The others must have seen at least this much to be a reference. */
const MIN_OTHERS = 10;
/** Standard deviations of chance that are allowed; beyond 4 is one honest report of 30,000. */
const DEVIATIONS = 4;
/** However many samples: the means of two proxies may differ by this factor for good reasons, distance for one. */
const LATENCY_RATIO = 2;
/** A gauge may stand this far above all other proxies' together: a burst of a busy proxy is no lie. */
const GAUGE_RATIO = 4;
const GAUGE_ALLOWANCE = 8;

/** Sums one round over its proxies, each of which counts as the others see it where it stands alone. */
export function hear(contributions: readonly Contribution[]): ReadonlyMap<InstanceId, EndpointTotal> {
  const totals = sumContributions(contributions);
  if (contributions.length < MIN_REPORTERS) return totals;
  const references = referencesOf(contributions, totals);
  let anyBounded = false;
  const credible = contributions.map((contribution) => {
    let bounded: Map<InstanceId, LoadSample> | undefined;
    for (const [id, sample] of contribution.samples) {
      const reference = references.get(id);
      const counted = reference === undefined ? sample : credibleSample(sample, reference);
      if (counted === sample) continue;
      bounded ??= new Map(contribution.samples);
      bounded.set(id, counted);
    }
    anyBounded ||= bounded !== undefined;
    return bounded === undefined ? contribution : { ...contribution, samples: bounded };
  });
  return anyBounded ? sumContributions(credible) : totals;
}

/** What the fleet says of an endpoint without its loudest voice, which would make the others look odd. */
interface Reference {
  errors: number;
  completions: number;
  latencyCount: number;
  latencySumMs: number;
}

function referencesOf(
  contributions: readonly Contribution[],
  totals: ReadonlyMap<InstanceId, EndpointTotal>,
): Map<InstanceId, Reference> {
  const worst = new Map<InstanceId, { errors: LoadSample; latency: LoadSample }>();
  for (const { samples } of contributions) {
    for (const [id, sample] of samples) {
      const known = worst.get(id);
      if (known === undefined) {
        worst.set(id, { errors: sample, latency: sample });
        continue;
      }
      if (sample.errors > known.errors.errors) known.errors = sample;
      if (sample.latency.sumMs > known.latency.latency.sumMs) known.latency = sample;
    }
  }
  const references = new Map<InstanceId, Reference>();
  for (const [id, { errors, latency }] of worst) {
    const sample = totals.get(id)?.sample;
    if (sample === undefined) continue;
    references.set(id, {
      errors: sample.errors - errors.errors,
      completions: completionsOf(sample) - completionsOf(errors),
      latencyCount: sample.latency.count - latency.latency.count,
      latencySumMs: sample.latency.sumMs - latency.latency.sumMs,
    });
  }
  return references;
}

/** The sample as the others would have it where it stands alone; the same object where it does not. */
function credibleSample(sample: LoadSample, reference: Reference): LoadSample {
  const errors = credibleErrors(sample, reference);
  const sumMs = credibleSumMs(sample, reference);
  if (errors === sample.errors && sumMs === sample.latency.sumMs) return sample;
  return { ...sample, errors, latency: { count: sample.latency.count, sumMs } };
}

function credibleErrors(sample: LoadSample, reference: Reference): number {
  if (reference.completions < MIN_OTHERS) return sample.errors;
  const completions = completionsOf(sample);
  // Half an error is added to what the others saw: "none in 60" does not mean never.
  const rate = (reference.errors + 0.5) / (reference.completions + 1);
  const most = Math.ceil(completions * rate + DEVIATIONS * Math.sqrt(completions * rate * (1 - rate)));
  return sample.errors > most ? Math.round(completions * rate) : sample.errors;
}

function credibleSumMs({ latency }: LoadSample, { latencyCount, latencySumMs }: Reference): number {
  if (latency.count <= 0 || latencyCount < MIN_OTHERS || latencySumMs <= 0) return latency.sumMs;
  const ofOthers = (latency.count * latencySumMs) / latencyCount;
  // An exponential latency is one standard deviation wide; what is wider is not the news of one proxy.
  const ratio = Math.max(LATENCY_RATIO, 1 + DEVIATIONS / Math.sqrt(latency.count));
  const isCredible = latency.sumMs <= ofOthers * ratio && latency.sumMs >= ofOthers / ratio;
  return isCredible ? latency.sumMs : ofOthers;
}

/**
 * Requests in flight per endpoint over all proxies; one proxy's gauge counts at most as far as the others' together make
 * likely.
 */
export function sumGauges(reports: Iterable<Gauges>): Map<InstanceId, number> {
  const sums = new Map<InstanceId, number>();
  const largest = new Map<InstanceId, number>();
  let reporters = 0;
  for (const { ids, inFlight } of reports) {
    reporters += 1;
    for (const [i, id] of ids.entries()) {
      const gauge = inFlight[i] ?? 0;
      sums.set(id, (sums.get(id) ?? 0) + gauge);
      if (gauge > (largest.get(id) ?? 0)) largest.set(id, gauge);
    }
  }
  if (reporters < MIN_REPORTERS) return sums;
  for (const [id, sum] of sums) {
    const most = largest.get(id) ?? 0;
    const others = sum - most;
    if (most > GAUGE_ALLOWANCE + GAUGE_RATIO * others) sums.set(id, others + GAUGE_ALLOWANCE + GAUGE_RATIO * others);
  }
  return sums;
}
