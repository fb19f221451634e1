// Sheds an instance that suddenly is several times slower than its own past, relative to what happens to the others,
// within one or two rounds; the policy's integrator would take many. Compared with its own baseline because a small
// host is slow by nature; with the median because a slow dependency slows all. Two rounds in a row and a budget,
// because moving load away makes others slower: without both, one noise queue braked five hosts of nine. And as much as it
// still gets done it keeps: an instance that is slow because it has too much to do works at full rate, and taking that
// away from a busy fleet is worse than its queue.
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import { type DecayedMean, decayedMean, EMPTY_MEAN, ewmaStep, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";

interface EndpointHeat {
  /** Latency judged now, milliseconds. */
  readonly fast: DecayedMean;
  /** What is normal for this instance, milliseconds; 0 = not known yet. */
  readonly baselineMs: number;
  /** Part of the service's completions that is normal for it, 0..1; learned along with the baseline. */
  readonly baselinePart: number;
  /** Milliseconds of traffic behind the baseline. */
  readonly learnedMs: number;
  readonly hotRounds: number;
  /** 1 = released. */
  readonly factor: number;
  /** Last slowness, in multiples of the baseline; for the explanation. */
  readonly slowness: number;
}

type State = Readonly<Record<string, EndpointHeat>>;

/** Past answers count as at most this many times `minSamples`, or as many as there are new ones. */
const OUTVOTE = 3;

const UNKNOWN: EndpointHeat = {
  fast: EMPTY_MEAN,
  baselineMs: 0,
  baselinePart: 0,
  learnedMs: 0,
  hotRounds: 0,
  factor: 1,
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
      const { factor, slowness, hotRounds } = state[id] ?? UNKNOWN;
      if (factor >= 1) continue;
      const times = slowness.toFixed(1);
      effects.set(id, {
        factor: { name: "latency brake", value: factor, note: `${times} times its own normal latency` },
        reason: hotRounds > 0 ? `slow: ${times} times its normal latency` : "was slow: share is being given back",
        phase: hotRounds > 0 ? "hot" : "cooling",
      });
    }
    return { effects, state };
  },
};

function step(input: ModifierInput<State>, before: ReadonlyMap<InstanceId, EndpointHeat>): State {
  const { brake } = input.settings;
  const measured = new Map([...before].map(([id, heat]) => [id, measure(input, id, heat)]));
  const reference = Math.max(1, lowerMedian([...measured.values()].flatMap(({ slowness }) => slowness ?? [])) ?? 1);
  const held = [...before.values()].filter(({ factor }) => factor < 1).length;
  const slots = Math.max(input.endpoints.length > 1 ? 1 : 0, Math.floor(brake.maxPoolShare * input.endpoints.length));
  const candidates = [...measured]
    .filter(([id, { slowness }]) => (before.get(id)?.factor ?? 1) >= 1 && (slowness ?? 0) > brake.hotRatio * reference)
    .toSorted(([, a], [, b]) => (b.slowness ?? 0) - (a.slowness ?? 0));
  const admitted = new Set(candidates.slice(0, Math.max(0, slots - held)).map(([id]) => id));
  const partOf = partsOf(input);
  const state: Record<string, EndpointHeat> = {};
  for (const [id, heat] of before) {
    const { fast, slowness } = measured.get(id) ?? { fast: heat.fast, slowness: undefined };
    const mayBrake = heat.factor < 1 || admitted.has(id);
    state[id] = judge({ input, id, heat: { ...heat, fast }, part: partOf(id), slowness, reference, mayBrake });
  }
  return state;
}

/** Slowness in multiples of the own baseline, or undefined when there is nothing to judge by. */
function measure(
  input: ModifierInput<State>,
  id: InstanceId,
  heat: EndpointHeat,
): { fast: DecayedMean; slowness: number | undefined } {
  const { brake } = input.settings;
  const load = input.loads.get(id);
  const count = load?.latencySource === "envoy" ? load.latencyCount : 0;
  // An instance that turns slow answers less often: its many quick answers of before must not outvote the few slow ones.
  const past = atMost(heat.fast, Math.max(count, OUTVOTE * brake.minSamples));
  const fast = decayedMean(past, input.gapMs, brake.fastTauMs, count, count * (load?.latencyMs ?? 0));
  if (heat.baselineMs <= 0 || heat.learnedMs < brake.matureMs) return { fast, slowness: undefined };
  // A braked instance is judged by whatever little it still answers.
  const latencyMs = meanOf(fast, heat.factor < 1 ? 0.2 : brake.minSamples);
  const slowness = latencyMs === undefined ? undefined : latencyMs / heat.baselineMs;
  const inFlight = load?.inFlight ?? 0;
  if (load !== undefined && inFlight >= brake.minQueue) {
    // A stall yields no answers to measure; the queue shows it (Little's law).
    const stall = ((inFlight + 0.5) / Math.max(load.rps, 0.5)) * (1000 / heat.baselineMs);
    if (stall > brake.stallRatio) return { fast, slowness: Math.max(slowness ?? 0, stall) };
  }
  return { fast, slowness };
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
  readonly mayBrake: boolean;
}

function judge(judgement: Judgement): EndpointHeat {
  const { input, heat, part, slowness, reference, mayBrake } = judgement;
  const { brake } = input.settings;
  const elapsedS = input.elapsedMs / 1000;
  if (slowness === undefined) return heat.factor < 1 ? heat : learnBaseline(judgement, heat);
  const isHot = slowness > brake.hotRatio * reference;
  const hotRounds = isHot ? heat.hotRounds + 1 : 0;
  const surely = slowness > brake.surelyHotRatio * reference;
  if (isHot && mayBrake && (hotRounds >= 2 || surely || heat.factor < 1)) {
    const floor = Math.max(brake.floor, brake.keptThroughput * Math.min(1, part / heat.baselinePart));
    const target = Math.max(floor, (reference / slowness) ** brake.exponent);
    return {
      ...heat,
      slowness,
      hotRounds,
      factor: Math.min(heat.factor, Math.max(floor, Math.min(heat.factor * 0.6, target))),
    };
  }
  if (heat.factor < 1) {
    const isCool = slowness < brake.coolRatio * reference;
    const factor = isCool ? Math.min(1, heat.factor * brake.releasePerS ** elapsedS) : heat.factor;
    return { ...heat, slowness, hotRounds: isCool ? 0 : Math.max(1, hotRounds), factor };
  }
  return learnBaseline(judgement, { ...heat, slowness, hotRounds });
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
