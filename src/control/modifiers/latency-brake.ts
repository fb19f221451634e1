// Sheds an instance that suddenly is several times slower than its own past, relative to what happens to the others,
// within a few rounds; the policy's integrator would take many. Compared with its own baseline because a small
// host is slow by nature; with the median because a slow dependency slows all. Several rounds in a row and a
// budget, because moving load away makes others slower: without both, one noise queue braked five hosts of nine. And as much as it
// still gets done it keeps: an instance that is slow because it has too much to do works at full rate, and taking that
// away from a busy fleet is worse than its queue. At full rate it is braked only when it never was that slow by chance.
// An instance whose slowness was over by the time the brake took hold (a collector's pause) earns it patience: chasing
// pauses costs the capacity of those that are back at work.
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import { type DecayedMean, decayedMean, decayFactor, EMPTY_MEAN, ewmaStep, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { ControlSettings } from "../settings.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";

interface EndpointHeat {
  /** Latency judged now, milliseconds. */
  readonly fast: DecayedMean;
  /** What is normal for this instance, milliseconds; 0 = not known yet. */
  readonly baselineMs: number;
  /** Part of the service's completions that is normal for it, 0..1; learned along with the baseline. */
  readonly baselinePart: number;
  /** Squared ln(slowness) from round to round while nothing is wrong: how much of it is usual here. */
  readonly scatter: DecayedMean;
  /** Milliseconds of traffic behind the baseline. */
  readonly learnedMs: number;
  readonly hotRounds: number;
  /** 1 = released. */
  readonly factor: number;
  /** Rounds since the brake was set; 0 = it is not. */
  readonly brakedRounds: number;
  /** Brakes that came too late for what they were set for, decayed. */
  readonly pauses: number;
  /** Braked although it did as much as ever: given back at once when its queue is gone. */
  readonly busy: boolean;
  /** Last slowness, in multiples of the baseline; for the explanation. */
  readonly slowness: number;
}

type State = Readonly<Record<string, EndpointHeat>>;

/** Past answers count as at most this many times `minSamples`, or as many as there are new ones. */
const OUTVOTE = 3;

/** A brake that is let go again within so many rounds was set for something that had passed. */
const PAUSE_ROUNDS = 4;
/** Memory of such brakes, milliseconds. */
const PAUSE_MEMORY_MS = 60_000;
/** Rounds that slowness has to last on top, at most. */
const MAX_PATIENCE = 3;

const UNKNOWN: EndpointHeat = {
  fast: EMPTY_MEAN,
  baselineMs: 0,
  baselinePart: 0,
  scatter: EMPTY_MEAN,
  learnedMs: 0,
  hotRounds: 0,
  factor: 1,
  brakedRounds: 0,
  pauses: 0,
  busy: false,
  slowness: 1,
};

export const latencyBrake: Modifier<State> = {
  name: "brake",
  reactsToFaults: true,
  evaluate(input: ModifierInput<State>): ModifierOutput<State> {
    const before = new Map(input.endpoints.map((id) => [id, input.state?.[id] ?? UNKNOWN]));
    const state = input.elapsedMs > 0 ? step(input, before) : Object.fromEntries(before);
    const effects = new Map<InstanceId, Effect>();
    for (const id of input.endpoints) {
      const { factor, slowness, hotRounds, busy } = state[id] ?? UNKNOWN;
      if (factor >= 1) continue;
      const times = slowness.toFixed(1);
      effects.set(id, {
        factor: { name: "latency brake", value: factor, note: `${times} times its normal latency` },
        reason: hotRounds > 0 ? `slow: ${times} times its normal latency` : "was slow: share is being given back",
        phase: hotRounds > 0 ? "hot" : "cooling",
        // Too much to do is what the policy is there to correct.
        holds: !busy,
      });
    }
    return { effects, state };
  },
};

function step(input: ModifierInput<State>, before: ReadonlyMap<InstanceId, EndpointHeat>): State {
  const { brake } = input.settings;
  const usualMs = usualLatencyMs(input, before);
  const measured = new Map([...before].map(([id, heat]) => [id, measure(input, id, heat, usualMs)]));
  const reference = Math.max(1, lowerMedian([...measured.values()].flatMap(({ slowness }) => slowness ?? [])) ?? 1);
  const held = [...before.values()].filter(({ factor }) => factor < 1).length;
  const slots = Math.max(input.endpoints.length > 1 ? 1 : 0, Math.floor(brake.maxPoolShare * input.endpoints.length));
  const partOf = partsOf(input);
  const hot = new Set<InstanceId>();
  const usualScatter = lowerMedian([...before.values()].flatMap(({ scatter }) => meanOf(scatter) ?? [])) ?? 0;
  for (const [id, heat] of before) {
    const ratio = (measured.get(id)?.slowness ?? 0) / reference;
    if (ratio > hotRatioOf(heat, partOf(id), usualScatter, brake)) hot.add(id);
  }
  const candidates = [...hot]
    .filter((id) => (before.get(id)?.factor ?? 1) >= 1)
    .toSorted((a, b) => (measured.get(b)?.slowness ?? 0) - (measured.get(a)?.slowness ?? 0));
  const admitted = new Set(candidates.slice(0, Math.max(0, slots - held)));
  const state: Record<string, EndpointHeat> = {};
  for (const [id, heat] of before) {
    const { fast, slowness } = measured.get(id) ?? { fast: heat.fast, slowness: undefined };
    const mayBrake = heat.factor < 1 || admitted.has(id);
    state[id] = judge({
      input,
      id,
      heat: { ...heat, fast },
      part: partOf(id),
      slowness,
      reference,
      isHot: hot.has(id),
      mayBrake,
    });
  }
  return state;
}

/** Median over the instances that are left alone. */
function usualLatencyMs({ loads }: ModifierInput<State>, before: ReadonlyMap<InstanceId, EndpointHeat>): number {
  const free = [...before].flatMap(([id, { factor }]) => (factor < 1 ? [] : (loads.get(id)?.latencyMs ?? [])));
  return lowerMedian(free) ?? 0;
}

/**
 * Slowness in multiples of what is normal: the own past, or what the others are now when that is more, since the policy
 * makes all equally fast and a share that was raised has a past without meaning. undefined = nothing to judge by.
 */
function measure(
  input: ModifierInput<State>,
  id: InstanceId,
  heat: EndpointHeat,
  usualMs: number,
): { fast: DecayedMean; slowness: number | undefined } {
  const { brake } = input.settings;
  const load = input.loads.get(id);
  const count = load?.latencySource === "envoy" ? load.latencyCount : 0;
  // An instance that turns slow answers less often: its many quick answers of before must not outvote the few slow ones.
  const past = atMost(heat.fast, Math.max(count, OUTVOTE * brake.minSamples));
  const fast = decayedMean(past, input.gapMs, brake.fastTauMs, count, count * (load?.latencyMs ?? 0));
  if (heat.baselineMs <= 0 || heat.learnedMs < brake.matureMs) return { fast, slowness: undefined };
  // A braked instance is judged by what it answers now; by whatever little it answered lately when that is too little.
  const isBraked = heat.factor < 1;
  const latencyMs =
    isBraked && count >= brake.minSamples ? load?.latencyMs : meanOf(fast, isBraked ? 0.2 : brake.minSamples);
  const normalMs = Math.max(heat.baselineMs, usualMs);
  const slowness = latencyMs === undefined ? undefined : latencyMs / normalMs;
  if (load === undefined || isBraked) return { fast, slowness };
  // Little's law: what is in flight at the end of the round over what was completed in it. It shows a stall that yields no
  // answers to measure, and whether the slowness of the answers is still there or was a pause that has passed.
  const presentMs = (1000 * (load.inFlight + 0.5)) / Math.max(load.rps, 0.5);
  if (load.inFlight >= brake.minQueue && presentMs > brake.stallRatio * normalMs) {
    return { fast, slowness: Math.max(slowness ?? 0, presentMs / normalMs) };
  }
  return { fast, slowness: presentMs > brake.coolRatio * normalMs ? slowness : Math.min(slowness ?? 1, 1) };
}

function atMost({ count, sum }: DecayedMean, limit: number): DecayedMean {
  return count <= limit ? { count, sum } : { count: limit, sum: (sum * limit) / count };
}

interface Judgement {
  readonly input: ModifierInput<State>;
  readonly id: InstanceId;
  readonly heat: EndpointHeat;
  /** Part of the service's completions in this round, 0..1. */
  readonly part: number;
  readonly slowness: number | undefined;
  readonly reference: number;
  readonly isHot: boolean;
  readonly mayBrake: boolean;
}

function judge(judgement: Judgement): EndpointHeat {
  const { input, heat, part, slowness, reference, isHot, mayBrake } = judgement;
  const { brake } = input.settings;
  const elapsedS = input.elapsedMs / 1000;
  if (slowness === undefined) return heat.factor < 1 ? heat : learnBaseline(judgement, heat);
  const hotRounds = isHot ? heat.hotRounds + 1 : 0;
  const pauses = heat.pauses * decayFactor(input.gapMs, PAUSE_MEMORY_MS);
  const patience = Math.min(MAX_PATIENCE, Math.round(pauses));
  const isCertain = hotRounds >= brake.rounds + patience;
  if (isHot && mayBrake && (isCertain || heat.factor < 1)) {
    const throughput = throughputOf(heat, part);
    const floor = Math.max(brake.floor, brake.keptThroughput * throughput);
    const target = Math.max(floor, (reference / slowness) ** brake.exponent);
    return {
      ...heat,
      // Less throughput is no evidence once the brake itself takes traffic away.
      busy: heat.factor < 1 ? heat.busy : throughput >= brake.lostThroughput,
      brakedRounds: heat.brakedRounds + 1,
      pauses,
      slowness,
      hotRounds,
      factor: Math.min(heat.factor, Math.max(floor, Math.min(heat.factor * 0.6, target))),
    };
  }
  if (heat.factor < 1) {
    const isCool = slowness < brake.coolRatio * reference;
    const released = heat.busy ? 1 : Math.min(1, heat.factor * brake.releasePerS ** elapsedS);
    const wasPause = isCool && heat.hotRounds > 0 && heat.brakedRounds <= PAUSE_ROUNDS;
    const factor = isCool ? released : heat.factor;
    return {
      ...heat,
      slowness,
      hotRounds: isCool ? 0 : Math.max(1, hotRounds),
      brakedRounds: factor < 1 ? heat.brakedRounds + 1 : 0,
      pauses: wasPause ? pauses + 1 : pauses,
      factor,
    };
  }
  return learnBaseline(judgement, { ...heat, slowness, hotRounds, pauses, scatter: scatterStep(judgement, slowness) });
}

function scatterStep({ input, heat: { scatter } }: Judgement, slowness: number): DecayedMean {
  const { baselineUpTauMs, hotRatio } = input.settings.brake;
  const deviation = Math.min(Math.log(hotRatio), Math.abs(Math.log(slowness))); // a fault is not what is usual
  return decayedMean(scatter, input.gapMs, baselineUpTauMs, 1, deviation ** 2);
}

/** What it gets done now, relative to its normal part of the traffic, 0..1. */
function throughputOf({ baselinePart }: EndpointHeat, part: number): number {
  return baselinePart > 0 ? Math.min(1, part / baselinePart) : 0;
}

/** Slowness over the median's from which this instance is hot. */
function hotRatioOf(heat: EndpointHeat, part: number, usualScatter: number, brake: ControlSettings["brake"]): number {
  // Doing less while being slower is what a fault looks like, and what is braked already has less to do.
  if (heat.factor < 1 || throughputOf(heat, part) < brake.lostThroughput) return brake.hotRatio;
  const scatter = Math.max(usualScatter, meanOf(heat.scatter) ?? 0);
  return Math.max(brake.hotRatio, Math.exp(brake.scatterDeviations * Math.sqrt(scatter)));
}

function partsOf({ loads }: ModifierInput<State>): (id: InstanceId) => number {
  let total = 0;
  for (const load of loads.values()) total += completionsOf(load);
  return (id) => (total > 0 ? completionsOf(loads.get(id)) / total : 0);
}

/** Quickly down, slowly up: a minute of slowness must not become normal. Not learned while hot. */
function learnBaseline({ input, id, part }: Judgement, heat: EndpointHeat): EndpointHeat {
  const { brake } = input.settings;
  const latencyMs = meanOf(heat.fast, brake.minSamples);
  if (latencyMs === undefined || (input.loads.get(id)?.latencyCount ?? 0) === 0 || heat.hotRounds > 0) return heat;
  const learnedMs = heat.learnedMs + input.elapsedMs;
  if (heat.baselineMs <= 0) return { ...heat, baselineMs: latencyMs, baselinePart: part, learnedMs };
  const tauMs =
    latencyMs < heat.baselineMs || learnedMs < brake.matureMs ? brake.baselineDownTauMs : brake.baselineUpTauMs;
  return {
    ...heat,
    baselineMs: ewmaStep(heat.baselineMs, latencyMs, input.elapsedMs, tauMs),
    baselinePart: ewmaStep(heat.baselinePart, part, input.elapsedMs, brake.baselineDownTauMs),
    learnedMs,
  };
}
