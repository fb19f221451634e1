// Takes an instance out that fails more than the others, keeps probing it with as much traffic as the error budget
// affords, and lets it back step by step once the probes succeed. The test goes on while it is out and while it returns.
// Relative to the fleet's median: a dependency that fails for all of them singles out nobody.
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import { type DecayedMean, decayedMean, EMPTY_MEAN, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";
import { type ErrorHypotheses, evidenceOfFault, hypothesesAround } from "./sequential-error-test.js";

interface EndpointErrors {
  readonly phase: "in" | "out" | "returning";
  /** Recent error rate: count = completions, sum = errors. */
  readonly recent: DecayedMean;
  /** in, returning: evidence of a fault. out: evidence of recovery. */
  readonly evidence: number;
  /** in, returning: errors since the evidence was last 0. out: successes likewise. */
  readonly events: number;
  /** out: completions and errors since it went out, the entry round counted as two. */
  readonly probes: DecayedMean;
  /** Share relative to what it would be without this modifier, 0..1. */
  readonly factor: number;
}

type State = Readonly<Record<string, EndpointErrors>>;

const CLEAN: EndpointErrors = {
  phase: "in",
  recent: EMPTY_MEAN,
  evidence: 0,
  events: 0,
  probes: EMPTY_MEAN,
  factor: 1,
};
/** Completions below which a recent error rate does not count towards the median. */
const MIN_FOR_MEDIAN = 5;

export const errorFactor: Modifier<State> = {
  name: "errors",
  reactsToFaults: true,
  evaluate(input: ModifierInput<State>): ModifierOutput<State> {
    const before = new Map(input.endpoints.map((id) => [id, input.state?.[id] ?? CLEAN]));
    const state = input.elapsedMs > 0 ? step(input, before) : Object.fromEntries(before);
    const effects = new Map<InstanceId, Effect>();
    for (const id of input.endpoints) {
      const effect = effectOf(state[id] ?? CLEAN);
      if (effect !== undefined) effects.set(id, effect);
    }
    return { effects, state };
  },
};

function step(input: ModifierInput<State>, before: ReadonlyMap<InstanceId, EndpointErrors>): State {
  const { tauMs, excessErrorRate } = input.settings.errors;
  const after = new Map<InstanceId, EndpointErrors>();
  for (const [id, endpoint] of before) {
    const { errors, completions } = countsOf(input, id);
    after.set(id, { ...endpoint, recent: decayedMean(endpoint.recent, input.gapMs, tauMs, completions, errors) });
  }
  // The worse of the recent and the present median: when all begin to fail at once, memory must not call it a surprise.
  const recent = lowerMedian([...after.values()].flatMap((endpoint) => rateOf(endpoint) ?? [])) ?? 0;
  const present = lowerMedian(input.endpoints.flatMap((id) => presentRate(input, id) ?? [])) ?? 0;
  const medianRate = Math.max(recent, present);
  const hypotheses = hypothesesAround(medianRate, excessErrorRate);
  const state: Record<string, EndpointErrors> = {};
  for (const [id, endpoint] of after) {
    state[id] =
      endpoint.phase === "out"
        ? stepOut(input, id, endpoint, hypotheses)
        : stepIn(input, id, endpoint, hypotheses, medianRate);
  }
  return state;
}

function stepIn(
  input: ModifierInput<State>,
  id: InstanceId,
  endpoint: EndpointErrors,
  hypotheses: ErrorHypotheses,
  medianRate: number,
): EndpointErrors {
  const { enterEvidence, minEvents, sureRate, returnPerS } = input.settings.errors;
  const { errors, completions } = countsOf(input, id);
  const evidence = Math.max(0, endpoint.evidence + evidenceOfFault(errors, completions - errors, hypotheses));
  const events = evidence > 0 ? endpoint.events + errors : 0;
  const sure = errors >= minEvents && errors / completions > medianRate + sureRate;
  if (sure || (evidence >= enterEvidence && events >= minEvents)) {
    const probes: DecayedMean = { count: 2, sum: (2 * errors) / Math.max(1, completions) };
    return { ...endpoint, phase: "out", evidence: 0, events: 0, probes, factor: probeFactor(input, id, probes) };
  }
  if (endpoint.phase === "in") return { ...endpoint, evidence, events };
  const factor = Math.min(1, endpoint.factor * returnPerS ** (input.elapsedMs / 1000));
  return { ...endpoint, phase: factor < 1 ? "returning" : "in", evidence, events, factor };
}

function stepOut(
  input: ModifierInput<State>,
  id: InstanceId,
  endpoint: EndpointErrors,
  { healthyRate }: ErrorHypotheses,
): EndpointErrors {
  const { leaveEvidence, minEvents } = input.settings.errors;
  const { errors, completions } = countsOf(input, id);
  const probes: DecayedMean = { count: endpoint.probes.count + completions, sum: endpoint.probes.sum + errors };
  // The fault to disprove is the one seen since it went out, not the half healthy round in which it was found.
  const faultyRate = Math.min(0.97, Math.max(probes.sum / probes.count, healthyRate + 0.1));
  const evidence = Math.max(
    0,
    endpoint.evidence - evidenceOfFault(errors, completions - errors, { healthyRate, faultyRate }),
  );
  const events = evidence > 0 ? endpoint.events + completions - errors : 0;
  if (evidence > leaveEvidence && events >= minEvents) {
    return { ...endpoint, phase: "returning", evidence: 0, events: 0 };
  }
  return { ...endpoint, evidence, events, probes, factor: probeFactor(input, id, probes) };
}

/** As much traffic as keeps the failures it costs within the budget, never less than a minimal probe rate. */
function probeFactor(
  { settings, serviceRps, policyShareOf }: ModifierInput<State>,
  id: InstanceId,
  probes: DecayedMean,
): number {
  const { probeBudget, minProbeRps, maxProbeRatio } = settings.errors;
  const affordable = probeBudget / Math.max(0.05, probes.sum / probes.count);
  const least = serviceRps > 0 ? minProbeRps / serviceRps : 1;
  return Math.min(maxProbeRatio, Math.max(affordable, least) / policyShareOf(id));
}

function countsOf({ loads }: ModifierInput<State>, id: InstanceId): { errors: number; completions: number } {
  const load = loads.get(id);
  return { errors: load?.errors ?? 0, completions: completionsOf(load) };
}

function presentRate(input: ModifierInput<State>, id: InstanceId): number | undefined {
  const { errors, completions } = countsOf(input, id);
  return completions >= MIN_FOR_MEDIAN ? errors / completions : undefined;
}

function rateOf(endpoint: EndpointErrors): number | undefined {
  return endpoint.phase === "out"
    ? endpoint.probes.sum / endpoint.probes.count
    : meanOf(endpoint.recent, MIN_FOR_MEDIAN);
}

function effectOf(endpoint: EndpointErrors): Effect | undefined {
  if (endpoint.phase === "in") return undefined;
  const percent = ((100 * endpoint.probes.sum) / Math.max(1, endpoint.probes.count)).toFixed(0);
  return {
    factor: {
      name: "errors",
      value: endpoint.factor,
      note: endpoint.phase === "out" ? `${percent} % of its answers fail` : "returning after recovery",
    },
    reason:
      endpoint.phase === "out"
        ? `failing (${percent} % errors): probes only`
        : "recovered from errors: returning step by step",
    phase: endpoint.phase,
    holds: true,
  };
}
