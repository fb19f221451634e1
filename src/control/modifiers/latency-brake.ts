// Sheds an instance that suddenly is several times slower than its own past, relative to what happens to the others,
// within a few rounds; the policy's integrator would take many. Compared with its own baseline because a small
// host is slow by nature; with the median because a slow dependency slows all. Several rounds in a row and a
// budget, because moving load away makes others slower: without both, one noise queue braked five hosts of nine. And as much as it
// still gets done it keeps: an instance that is slow because it has too much to do works at full rate, and taking that
// away from a busy fleet is worse than its queue. At full rate it is braked only when it never was that slow by chance.
// An instance whose slowness was over by the time the brake took hold (a collector's pause) earns it patience: chasing
// pauses costs the capacity of those that are back at work.
import { completionsOf, type EndpointLoad } from "../../model/load.js";
import { type DecayedMean, decayedMean, decayFactor, ewmaStep, meanAt, meanOf, setMean } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { ControlSettings } from "../settings.js";
import {
  type EndpointHeat,
  type HeatColumns,
  type HeatState,
  type HeatTable,
  heatAt,
  heatsOf,
  newHeats,
  setHeat,
} from "./heat.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";

/** Past answers count as at most this many times `minSamples`, or as many as there are new ones. */
const OUTVOTE = 3;

export const latencyBrake: Modifier<HeatState> = {
  name: "brake",
  reactsToFaults: true,
  evaluate(input: ModifierInput<HeatState>): ModifierOutput<HeatState> {
    const before = heatsOf(input.ids, input.state);
    const state = input.elapsedMs > 0 ? step(input, before.columns) : before;
    const effects = new Map<number, Effect>();
    for (const [i, factor] of state.columns.factor.entries()) {
      if (factor >= 1) continue;
      const { slowness, hotRounds, busy } = heatAt(state.columns, i);
      const times = slowness.toFixed(1);
      effects.set(i, {
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

function step(input: ModifierInput<HeatState>, before: HeatColumns): HeatTable {
  const { ids, loads, completions } = input;
  const { brake } = input.settings;
  const table = newHeats(ids);
  const { fastCount, fastSum } = table.columns;
  const usualMs = usualLatencyMs(input, before);
  const slownesses = new Float64Array(ids.length); // NaN = nothing to judge by
  for (let i = 0; i < ids.length; i++) {
    const { fast, slowness = Number.NaN } = measure(input, loads[i], heatAt(before, i), usualMs);
    setMean(fastCount, fastSum, i, fast);
    slownesses[i] = slowness;
  }
  const reference = Math.max(1, lowerMedian(slownesses.filter((slowness) => !Number.isNaN(slowness))) ?? 1);
  const partOf = (i: number): number => (completions > 0 ? completionsOf(loads[i]) / completions : 0);
  const usualScatter = usualScatterOf(before);
  const hot = new Set<number>();
  for (let i = 0; i < ids.length; i++) {
    const ratio = (slownesses[i] ?? Number.NaN) / reference;
    // Few are slower at all, and only for them it is worth asking how much of that is usual.
    if (ratio > brake.hotRatio && ratio > hotRatioOf(heatAt(before, i), partOf(i), usualScatter, brake)) hot.add(i);
  }
  const admitted = admittedOf(hot, before.factor, slownesses, brake);
  for (let i = 0; i < ids.length; i++) {
    const heat = heatAt(before, i);
    const slowness = slownesses[i] ?? Number.NaN;
    const after = judge({
      input,
      load: loads[i],
      heat: { ...heat, fast: meanAt(fastCount, fastSum, i) },
      part: partOf(i),
      slowness: Number.isNaN(slowness) ? undefined : slowness,
      reference,
      isHot: hot.has(i),
      mayBrake: heat.factor < 1 || admitted.has(i),
    });
    setHeat(table.columns, i, after);
  }
  return table;
}

/** Which of the hot ones may be braked anew, the slowest first: only a part of the pool is ever held back. */
function admittedOf(
  hot: ReadonlySet<number>,
  factors: Float64Array,
  slownesses: Float64Array,
  { maxPoolShare }: ControlSettings["brake"],
): ReadonlySet<number> {
  const pool = factors.length;
  const slots = Math.max(pool > 1 ? 1 : 0, Math.floor(maxPoolShare * pool));
  const held = factors.reduce((count, factor) => (factor < 1 ? count + 1 : count), 0);
  const slownessOf = (i: number): number => slownesses[i] ?? 0;
  const candidates = [...hot].filter((i) => (factors[i] ?? 1) >= 1).toSorted((a, b) => slownessOf(b) - slownessOf(a));
  return new Set(candidates.slice(0, Math.max(0, slots - held)));
}

/** Median over the instances that are left alone. */
function usualLatencyMs({ loads }: ModifierInput<HeatState>, { factor }: HeatColumns): number {
  const free: number[] = [];
  for (const [i, load] of loads.entries()) {
    if ((factor[i] ?? 1) >= 1 && load?.latencyMs !== undefined) free.push(load.latencyMs);
  }
  return lowerMedian(free) ?? 0;
}

function usualScatterOf({ scatterCount, scatterSum }: HeatColumns): number {
  const known: number[] = [];
  for (let i = 0; i < scatterCount.length; i++) {
    const scatter = meanOf(meanAt(scatterCount, scatterSum, i));
    if (scatter !== undefined) known.push(scatter);
  }
  return lowerMedian(known) ?? 0;
}

/**
 * Slowness in multiples of what is normal: the own past, or what the others are now when that is more, since the policy
 * makes all equally fast and a share that was raised has a past without meaning. undefined = nothing to judge by.
 */
function measure(
  { settings: { brake }, gapMs }: ModifierInput<HeatState>,
  load: EndpointLoad | undefined,
  heat: EndpointHeat,
  usualMs: number,
): { fast: DecayedMean; slowness: number | undefined } {
  const count = load !== undefined && load.latencySource !== "little" ? load.latencyCount : 0;
  // An instance that turns slow answers less often: its many quick answers of before must not outvote the few slow ones.
  const past = atMost(heat.fast, Math.max(count, OUTVOTE * brake.minSamples));
  const fast = decayedMean(past, gapMs, brake.fastTauMs, count, count * (load?.latencyMs ?? 0));
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
  readonly input: ModifierInput<HeatState>;
  readonly load: EndpointLoad | undefined;
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
  const pauses = heat.pauses * decayFactor(input.gapMs, brake.pauseMemoryMs);
  const patience = Math.min(brake.maxPatience, Math.round(pauses));
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
    const wasPause = isCool && heat.hotRounds > 0 && heat.brakedRounds <= brake.pauseRounds;
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

/** Quickly down, slowly up: a minute of slowness must not become normal. Not learned while hot. */
function learnBaseline({ input, load, part }: Judgement, heat: EndpointHeat): EndpointHeat {
  const { brake } = input.settings;
  const latencyMs = meanOf(heat.fast, brake.minSamples);
  if (latencyMs === undefined || (load?.latencyCount ?? 0) === 0 || heat.hotRounds > 0) return heat;
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
