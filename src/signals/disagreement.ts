// Bounds what one proxy can say against all others. A proxy that sees an endpoint much slower or worse than the rest of the
// fleet does has a problem of its own (its host, its path, its clock, or it lies), and one weight for all is the wrong
// cure. A difference is believed for one round, since somebody has to see a fault first; a proxy that still stands alone
// in the next is counted as if it had seen the worst that chance allows. Needs three proxies: between two there is no
// telling who is right.
import type { InstanceId } from "../model/ids.js";
import { completionsOf, type LoadSample } from "../model/load.js";
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

/** Endpoints about which a proxy stood alone in its last round. */
export type Doubts = ReadonlySet<InstanceId>;

export interface Heard {
  readonly totals: ReadonlyMap<InstanceId, EndpointTotal>;
  /** For the next round, by node; nodes that stand with the others are absent. */
  readonly doubts: ReadonlyMap<string, Doubts>;
}

/** Sums one round, each proxy bounded where it stood alone in the round before and does again. */
export function hear(contributions: ReadonlyMap<string, Contribution>, before: ReadonlyMap<string, Doubts>): Heard {
  const totals = sumContributions([...contributions.values()]);
  if (contributions.size < MIN_REPORTERS) return { totals, doubts: new Map() };
  const references = referencesOf(contributions, totals);
  const doubts = new Map<string, Set<InstanceId>>();
  const bounded = new Map<string, Map<InstanceId, LoadSample>>();
  for (const [node, { samples }] of contributions) {
    const doubted = before.get(node);
    for (const [id, sample] of samples) {
      const reference = references.get(id);
      const counted = reference === undefined ? sample : boundSample(sample, reference);
      if (counted === sample) continue;
      addTo(doubts, node, () => new Set<InstanceId>()).add(id);
      if (doubted?.has(id)) addTo(bounded, node, () => new Map(samples)).set(id, counted);
    }
  }
  if (bounded.size === 0) return { totals, doubts };
  const counted = Array.from(contributions, ([node, contribution]) => ({
    ...contribution,
    samples: bounded.get(node) ?? contribution.samples,
  }));
  return { totals: sumContributions(counted), doubts };
}

/** What the fleet says of an endpoint without its loudest voice, which would make the others look odd. */
interface Reference {
  errors: number;
  completions: number;
  latencyCount: number;
  latencySumMs: number;
}

function referencesOf(
  contributions: ReadonlyMap<string, Contribution>,
  totals: ReadonlyMap<InstanceId, EndpointTotal>,
): Map<InstanceId, Reference> {
  const worst = new Map<InstanceId, { errors: LoadSample; latency: LoadSample }>();
  for (const { samples } of contributions.values()) {
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

function addTo<Value>(map: Map<string, Value>, node: string, make: () => Value): Value {
  const known = map.get(node);
  if (known !== undefined) return known;
  const made = make();
  map.set(node, made);
  return made;
}

/** The sample as it may count beside the others; the same object when it stands with them. */
function boundSample(sample: LoadSample, reference: Reference): LoadSample {
  const errors = Math.min(sample.errors, mostErrors(sample, reference));
  const sumMs = boundSumMs(sample, reference);
  if (errors === sample.errors && sumMs === sample.latency.sumMs) return sample;
  return { ...sample, errors, latency: { count: sample.latency.count, sumMs } };
}

function mostErrors(sample: LoadSample, reference: Reference): number {
  if (reference.completions < MIN_OTHERS) return sample.errors;
  const completions = completionsOf(sample);
  // Half an error is added to what the others saw: "none in 60" does not mean never.
  const rate = (reference.errors + 0.5) / (reference.completions + 1);
  return Math.ceil(completions * rate + DEVIATIONS * Math.sqrt(completions * rate * (1 - rate)));
}

function boundSumMs({ latency }: LoadSample, { latencyCount, latencySumMs }: Reference): number {
  if (latency.count <= 0 || latencyCount < MIN_OTHERS || latencySumMs <= 0) return latency.sumMs;
  const ofOthers = (latency.count * latencySumMs) / latencyCount;
  // An exponential latency is one standard deviation wide; what is wider is not the news of one proxy.
  const ratio = Math.max(LATENCY_RATIO, 1 + DEVIATIONS / Math.sqrt(latency.count));
  return Math.min(ofOthers * ratio, Math.max(ofOthers / ratio, latency.sumMs));
}

/**
 * Requests in flight per endpoint over all proxies; one proxy's gauge counts at most as far as the others' together make
 * likely.
 */
export function sumGauges(reports: Iterable<ReadonlyMap<InstanceId, LoadSample>>): Map<InstanceId, number> {
  const sums = new Map<InstanceId, number>();
  const largest = new Map<InstanceId, number>();
  let reporters = 0;
  for (const samples of reports) {
    reporters += 1;
    for (const [id, { inFlight }] of samples) {
      sums.set(id, (sums.get(id) ?? 0) + inFlight);
      if (inFlight > (largest.get(id) ?? 0)) largest.set(id, inFlight);
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
