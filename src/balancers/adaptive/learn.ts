// One round of `adaptive`: what was measured goes into the averages, and the trims take a step. When the capacity of an
// endpoint becomes known, what the trim had learned in its place is in the capacity from then on, and latencies under the
// old share say nothing of the new one: both start anew (bumpless transfer).
import { completionsOf, type EndpointLoad } from "../../model/load.js";
import { type DecayedMean, decayedMean, decayFactor, EMPTY_MEAN, meanAt, meanOf, setMean } from "../../stats/decay.js";
import type { PolicyInput } from "../weight-policy.js";
import { capacityStep } from "./capacity.js";
import type { AdaptiveConfig } from "./config.js";
import { type LoopTiming, safeGainPerS } from "./loop-gain.js";
import { noiseStep } from "./noise.js";
import { NO_SWING } from "./oscillation.js";
import { flowStep, NO_FLOW, overloadCorrection } from "./overload.js";
import {
  type AdaptiveState,
  type EndpointColumns,
  flowAt,
  type Known,
  newTable,
  setFlow,
  setSwing,
  swingAt,
} from "./state.js";
import { stepTrims } from "./trim.js";

type Input = PolicyInput<AdaptiveConfig, AdaptiveState>;

export function learn(input: Input, before: Known): Known {
  const { pool, held, loads, elapsedMs, config } = input;
  const table = newTable(pool);
  const after = table.columns;
  const overload = new Float64Array(pool.ids.length);
  const traffic = new Float64Array(pool.ids.length);
  const bound = Math.log(input.signalMode === "U" ? config.maxTrimWithUtilization : config.maxTrim);
  let sawTraffic = false;
  for (let i = 0; i < pool.ids.length; i++) {
    const load = loads[i];
    observe(input, load, before.endpoints.columns, after, i);
    after.trim[i] = Math.min(bound, Math.max(-bound, after.trim[i] ?? 0));
    traffic[i] = completionsOf(load);
    sawTraffic ||= completionsOf(load) > 0;
    if (held.has(i)) continue;
    overload[i] = overloadCorrection(flowAt(after, i), config);
    // What was acted on is spent: the next correction needs evidence of its own.
    if ((overload[i] ?? 0) < 0) setFlow(after, i, NO_FLOW);
  }
  const floorMs = floorOf(before.floorMs, after, 1 + (config.floorRisePerMinute * elapsedMs) / 60_000);
  const gainPerS = gainOf(input, before.learnedMs, { ...queueOf(input), floorMs });
  stepTrims(after, { pool, held, traffic, overload, bound, elapsedMs, gainPerS, config });
  return { learnedMs: sawTraffic ? before.learnedMs + elapsedMs : before.learnedMs, floorMs, endpoints: table };
}

/** The averages of one endpoint, from `before` and this round into `after`. */
function observe(
  { gapMs, config }: Input,
  load: EndpointLoad | undefined,
  before: EndpointColumns,
  after: EndpointColumns,
  i: number,
): void {
  const knownRps = before.capacityRps[i] ?? 0;
  const capacityRps = capacityStep(knownRps, load, gapMs, config);
  const startsAnew = knownRps <= 0 && capacityRps > 0;
  const past = startsAnew ? EMPTY_MEAN : meanAt(before.latencyCount, before.latencySumMs, i);
  const noise = startsAnew ? EMPTY_MEAN : meanAt(before.noiseCount, before.noiseSum, i);
  const count = measurementsOf(load);
  const latency = decayedMean(past, gapMs, config.tauMs, count, count * credibleMs(past, load, config));
  after.capacityRps[i] = capacityRps;
  after.trim[i] = startsAnew ? 0 : (before.trim[i] ?? 0);
  setSwing(after, i, startsAnew ? NO_SWING : swingAt(before, i));
  setMean(after.latencyCount, after.latencySumMs, i, latency);
  setMean(after.noiseCount, after.noiseSum, i, noiseStep({ noise, past, load, gapMs, config }));
  setFlow(after, i, flowStep(flowAt(before, i), load, gapMs, config));
}

/**
 * How many independent measurements a latency stands for. By Little's law it comes from the requests seen in flight at
 * one instant, which are fewer than those that completed.
 */
function measurementsOf(load: EndpointLoad | undefined): number {
  if (load === undefined) return 0;
  return load.latencySource === "little" ? Math.min(load.latencyCount, load.inFlight) : load.latencyCount;
}

/**
 * The latency of one round, held near the average: a pause or a burst makes a round that says nothing of the next ones,
 * while a lasting change moves the average all the same, round after round.
 */
function credibleMs(past: DecayedMean, load: EndpointLoad | undefined, config: AdaptiveConfig): number {
  const now = load?.latencyMs ?? 0;
  const average = meanOf(past, config.minSamples);
  if (average === undefined) return now;
  return Math.min(average * config.maxRoundRatio, Math.max(average / config.maxRoundRatio, now));
}

interface Queueing extends Pick<LoopTiming, "latencyMs" | "activePerHost" | "floorMs"> {}

function queueOf({ pool, serviceLoads, workers }: Input): Omit<Queueing, "floorMs"> {
  let completionsRps = 0;
  let inFlight = 0; // Little's law: steadier than the gauges
  for (const { rps, latencyMs } of serviceLoads.values()) {
    if (latencyMs === undefined) continue;
    completionsRps += rps;
    inFlight += (rps * latencyMs) / 1000;
  }
  return {
    latencyMs: completionsRps > 0 ? (1000 * inFlight) / completionsRps : 0,
    activePerHost: inFlight / (workers * Math.max(1, pool.ids.length)),
  };
}

function gainOf({ elapsedMs, config }: Input, learnedMs: number, queueing: Queueing): number {
  const safe = safeGainPerS({ tauMs: config.tauMs, intervalMs: elapsedMs, ...queueing }, config.gainMargin);
  // The start may be bolder: it ends long before an oscillation could build up.
  const boost = config.startGainPerS * decayFactor(learnedMs, config.startFadeMs);
  return Math.max(Math.min(config.gainPerS, safe), Math.min(boost, 2 * safe));
}

/** Answers behind an average that may set the floor. */
const FLOOR_SAMPLES = 20;

function floorOf(previousMs: number, { latencyCount, latencySumMs }: EndpointColumns, risen: number): number {
  let least = previousMs > 0 ? previousMs * risen : Number.POSITIVE_INFINITY;
  for (let i = 0; i < latencyCount.length; i++) {
    least = Math.min(least, meanOf(meanAt(latencyCount, latencySumMs, i), FLOOR_SAMPLES) ?? least);
  }
  return Number.isFinite(least) ? least : 0;
}
