// The default policy: a prior (registered weight, or capacity where utilisation is reported), times a latency trim that is
// integrated round by round. Faults are not its business: the modifiers take a failing or suddenly slow endpoint out
// within a tick, and meanwhile its trim is held, so that what was learned about it is still there when it comes back.
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { InstanceId } from "../../model/ids.js";
import { completionsOf, type EndpointLoad } from "../../model/load.js";
import type { Factor } from "../../model/plan.js";
import { type DecayedMean, decayedMean, decayFactor, EMPTY_MEAN, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyEndpoint, PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";
import { capacityStep } from "./capacity.js";
import { type AdaptiveConfig, adaptiveConfigSchema } from "./config.js";
import { localityFactors } from "./locality.js";
import { type LoopTiming, safeGainPerS } from "./loop-gain.js";
import { noiseStep } from "./noise.js";
import { NO_SWING, type Swing } from "./oscillation.js";
import { type Flow, flowStep, NO_FLOW, overloadCorrection } from "./overload.js";
import { stepTrims } from "./trim.js";

interface EndpointState {
  readonly trim: number;
  readonly swing: Swing;
  readonly latency: DecayedMean;
  /** Squared deviations of the log latency from one round to the next. */
  readonly noise: DecayedMean;
  readonly flow: Flow;
  /** Requests per second at full utilisation; 0 = not known. */
  readonly capacityRps: number;
}

interface AdaptiveState {
  /** Milliseconds of traffic learned from so far, for the fading start gain. */
  readonly learnedMs: number;
  /** The least latency that an endpoint had, rising slowly, milliseconds; 0 = not known. */
  readonly floorMs: number;
  readonly endpoints: Readonly<Record<string, EndpointState>>;
}

const NEW_ENDPOINT: EndpointState = {
  trim: 0,
  swing: NO_SWING,
  latency: EMPTY_MEAN,
  noise: EMPTY_MEAN,
  flow: NO_FLOW,
  capacityRps: 0,
};

export const adaptivePolicy: WeightPolicy<AdaptiveConfig, AdaptiveState> = {
  name: "adaptive",
  summary: "Learns shares that make all instances answer equally fast (default)",
  configSchema: adaptiveConfigSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<AdaptiveConfig, AdaptiveState>): PolicyOutput<AdaptiveState> {
    const state = input.elapsedMs > 0 ? learn(input) : keepMembers(input);
    const prior = priorFactors(input.endpoints, state);
    const locality = localityFactors(
      input.endpoints.map((endpoint) => ({
        ...endpoint,
        prior: prior(endpoint.id).reduce((product, { value }) => product * value, 1),
        trim: (state.endpoints[endpoint.id] ?? NEW_ENDPOINT).trim,
      })),
    );
    const factors = new Map<InstanceId, readonly Factor[]>();
    for (const { id } of input.endpoints) {
      factors.set(id, [...prior(id), trimFactor(state.endpoints[id] ?? NEW_ENDPOINT, input.config), ...locality(id)]);
    }
    return { factors, state };
  },
};

function trimFactor({ trim, latency, swing }: EndpointState, { minSamples, tauMs }: AdaptiveConfig): Factor {
  const meanMs = meanOf(latency, minSamples);
  const seen =
    meanMs === undefined ? "not enough samples yet" : `latency ${meanMs.toFixed(1)} ms over the last ${tauMs / 1000} s`;
  const note = swing.gainFactor < 1 ? `${seen}; it swings, so the gain is ${swing.gainFactor} of the usual` : seen;
  return { name: "latency trim", value: Math.exp(trim), note };
}

/** Registered weight, corrected to capacity where that is known; endpoints without a known one count as the median. */
function priorFactors(endpoints: readonly PolicyEndpoint[], state: AdaptiveState): (id: InstanceId) => Factor[] {
  const registered = registeredWeightFactors(endpoints);
  const perWeight = (id: InstanceId): number => (state.endpoints[id]?.capacityRps ?? 0) / registered(id).value;
  const median = lowerMedian(endpoints.map(({ id }) => perWeight(id)).filter((value) => value > 0));
  return (id) => {
    const known = perWeight(id);
    if (median === undefined || known <= 0) return [registered(id)];
    const capacityRps = state.endpoints[id]?.capacityRps ?? 0;
    return [
      registered(id),
      { name: "capacity", value: known / median, note: `${capacityRps.toFixed(0)} requests/s at full utilisation` },
    ];
  };
}

/**
 * One round. When the capacity of an endpoint becomes known, what the trim had learned in its place is in the capacity
 * from then on, and latencies under the old share say nothing of the new one: both start anew (bumpless transfer).
 */
function learn(input: PolicyInput<AdaptiveConfig, AdaptiveState>): AdaptiveState {
  const { endpoints, loads, elapsedMs, gapMs, config, state } = input;
  const bound = Math.log(input.signalMode === "U" ? config.maxTrimWithUtilization : config.maxTrim);
  const observed = endpoints.map(({ id, hold, locality }) => {
    const previous = state?.endpoints[id] ?? NEW_ENDPOINT;
    const load = loads.get(id);
    const capacityRps = capacityStep(previous.capacityRps, load, gapMs, config);
    const { trim, swing, latency, noise } = previous.capacityRps <= 0 && capacityRps > 0 ? NEW_ENDPOINT : previous;
    const count = measurementsOf(load);
    const flow = flowStep(previous.flow, load, gapMs, config);
    const overload = hold === undefined ? overloadCorrection(flow, config) : 0;
    return {
      id,
      locality,
      trim: Math.min(bound, Math.max(-bound, trim)),
      swing,
      latency: decayedMean(latency, gapMs, config.tauMs, count, count * credibleMs(latency, load, config)),
      noise: noiseStep({ noise, past: latency, load, gapMs, config }),
      traffic: completionsOf(load),
      learns: hold === undefined,
      overload,
      // What was acted on is spent: the next correction needs evidence of its own.
      flow: overload < 0 ? NO_FLOW : flow,
      bound,
      capacityRps,
    };
  });
  const learnedMs = state?.learnedMs ?? 0;
  const latencies = observed.map(({ latency }) => latency);
  const floorMs = floorOf(state?.floorMs ?? 0, latencies, elapsedMs);
  const queueing = { ...queueOf(input), floorMs };
  const trims = stepTrims(observed, {
    elapsedMs,
    gainPerS: gainOf(input, learnedMs, queueing),
    config,
  });
  const sawTraffic = observed.some(({ traffic }) => traffic > 0);
  return {
    learnedMs: sawTraffic ? learnedMs + elapsedMs : learnedMs,
    floorMs,
    endpoints: Object.fromEntries(
      observed.map(({ id, latency, noise, flow, capacityRps }, i) => [
        id,
        { trim: trims[i]?.trim ?? 0, swing: trims[i]?.swing ?? NO_SWING, latency, noise, flow, capacityRps },
      ]),
    ),
  };
}

/**
 * How many independent measurements a latency stands for. By Little's law it comes from the requests seen in flight at
 * one instant, which are fewer than those that completed.
 */
function measurementsOf(load: EndpointLoad | undefined): number {
  if (load === undefined) return 0;
  return load.latencySource === "little" ? Math.min(load.latencyCount, load.inFlight) : load.latencyCount;
}

interface Queueing extends Pick<LoopTiming, "latencyMs" | "activePerHost" | "floorMs"> {}

function queueOf({ endpoints, loads, workers }: PolicyInput<AdaptiveConfig, AdaptiveState>): Omit<Queueing, "floorMs"> {
  let completionsRps = 0;
  let inFlight = 0; // Little's law: steadier than the gauges
  for (const { rps, latencyMs } of loads.values()) {
    if (latencyMs === undefined) continue;
    completionsRps += rps;
    inFlight += (rps * latencyMs) / 1000;
  }
  return {
    latencyMs: completionsRps > 0 ? (1000 * inFlight) / completionsRps : 0,
    activePerHost: inFlight / (workers * Math.max(1, endpoints.length)),
  };
}

function gainOf(
  { elapsedMs, config }: PolicyInput<AdaptiveConfig, AdaptiveState>,
  learnedMs: number,
  queueing: Queueing,
): number {
  const safe = safeGainPerS({ tauMs: config.tauMs, intervalMs: elapsedMs, ...queueing });
  // The start may be bolder: it ends long before an oscillation could build up.
  const boost = config.startGainPerS * decayFactor(learnedMs, config.startFadeMs);
  return Math.max(Math.min(config.gainPerS, safe), Math.min(boost, 2 * safe));
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

/** A permanent slowdown is accepted within the hour, a busy spell is not. */
const FLOOR_RISE_PER_MS = 0.02 / 60_000;
/** Answers behind an average that may set the floor. */
const FLOOR_SAMPLES = 20;

function floorOf(previousMs: number, latencies: readonly DecayedMean[], elapsedMs: number): number {
  const known = latencies.flatMap((latency) => meanOf(latency, FLOOR_SAMPLES) ?? []);
  const risen = previousMs > 0 ? previousMs * (1 + FLOOR_RISE_PER_MS * elapsedMs) : Number.POSITIVE_INFINITY;
  const least = Math.min(risen, ...known);
  return Number.isFinite(least) ? least : 0;
}

/** A change of membership without new signals: those that left are forgotten, newcomers start neutral. */
function keepMembers({ endpoints, state }: PolicyInput<AdaptiveConfig, AdaptiveState>): AdaptiveState {
  return {
    learnedMs: state?.learnedMs ?? 0,
    floorMs: state?.floorMs ?? 0,
    endpoints: Object.fromEntries(endpoints.map(({ id }) => [id, state?.endpoints[id] ?? NEW_ENDPOINT])),
  };
}
