// Takes an instance out that fails more than the others, keeps probing it with as much traffic as the error budget
// affords, and lets it back step by step once the probes succeed. The test goes on while it is out and while it returns.
// Relative to the fleet's median: a dependency that fails for all of them singles out nobody.
import { completionsOf, type EndpointLoad } from "../../model/load.js";
import { type DecayedMean, decayedMean, meanAt, meanOf, setMean } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import {
  type EndpointErrors,
  type ErrorColumns,
  type ErrorState,
  type ErrorTable,
  errorsAt,
  errorsOf,
  isLeftAlone,
  newErrors,
  setErrors,
} from "./endpoint-errors.js";
import type { Effect, Modifier, ModifierInput, ModifierOutput } from "./modifier.js";
import { type ErrorHypotheses, evidenceOfFault, hypothesesAround } from "./sequential-error-test.js";

/** Completions below which a recent error rate does not count towards the median. */
const MIN_FOR_MEDIAN = 5;

export const errorFactor: Modifier<ErrorState> = {
  name: "errors",
  reactsToFaults: true,
  evaluate(input: ModifierInput<ErrorState>): ModifierOutput<ErrorState> {
    const before = errorsOf(input.ids, input.state);
    const state = input.elapsedMs > 0 ? step(input, before.columns) : before;
    const effects = new Map<number, Effect>();
    for (let i = 0; i < input.ids.length; i++) {
      if (!isLeftAlone(state.columns, i)) effects.set(i, effectOf(errorsAt(state.columns, i)));
    }
    return { effects, state };
  },
};

function step(input: ModifierInput<ErrorState>, before: ErrorColumns): ErrorTable {
  const { ids, loads, gapMs } = input;
  const { tauMs, excessErrorRate } = input.settings.errors;
  const table = newErrors(ids);
  const { recentCount, recentSum } = table.columns;
  const recentRates: number[] = [];
  const presentRates: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const { errors, completions } = countsOf(loads[i]);
    const past = meanAt(before.recentCount, before.recentSum, i);
    const recent = decayedMean(past, gapMs, tauMs, completions, errors);
    setMean(recentCount, recentSum, i, recent);
    const rate = rateOf({ ...errorsAt(before, i), recent });
    if (rate !== undefined) recentRates.push(rate);
    if (completions >= MIN_FOR_MEDIAN) presentRates.push(errors / completions);
  }
  // The worse of the recent and the present median: when all begin to fail at once, memory must not call it a surprise.
  const medianRate = Math.max(lowerMedian(recentRates) ?? 0, lowerMedian(presentRates) ?? 0);
  const hypotheses = hypothesesAround(medianRate, excessErrorRate);
  for (let i = 0; i < ids.length; i++) {
    const endpoint = { ...errorsAt(before, i), recent: meanAt(recentCount, recentSum, i) };
    const after =
      endpoint.phase === "out"
        ? stepOut(input, i, endpoint, hypotheses)
        : stepIn(input, i, endpoint, hypotheses, medianRate);
    setErrors(table.columns, i, after);
  }
  return table;
}

function stepIn(
  input: ModifierInput<ErrorState>,
  position: number,
  endpoint: EndpointErrors,
  hypotheses: ErrorHypotheses,
  medianRate: number,
): EndpointErrors {
  const { enterEvidence, minEvents, sureRate, returnPerS } = input.settings.errors;
  const { errors, completions } = countsOf(input.loads[position]);
  const evidence = Math.max(0, endpoint.evidence + evidenceOfFault(errors, completions - errors, hypotheses));
  const events = evidence > 0 ? endpoint.events + errors : 0;
  const sure = errors >= minEvents && errors / completions > medianRate + sureRate;
  if (sure || (evidence >= enterEvidence && events >= minEvents)) {
    const probes: DecayedMean = { count: 2, sum: (2 * errors) / Math.max(1, completions) };
    return { ...endpoint, phase: "out", evidence: 0, events: 0, probes, factor: probeFactor(input, position, probes) };
  }
  if (endpoint.phase === "in") return { ...endpoint, evidence, events };
  const factor = Math.min(1, endpoint.factor * returnPerS ** (input.elapsedMs / 1000));
  return { ...endpoint, phase: factor < 1 ? "returning" : "in", evidence, events, factor };
}

function stepOut(
  input: ModifierInput<ErrorState>,
  position: number,
  endpoint: EndpointErrors,
  { healthyRate }: ErrorHypotheses,
): EndpointErrors {
  const { leaveEvidence, minEvents } = input.settings.errors;
  const { errors, completions } = countsOf(input.loads[position]);
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
  return { ...endpoint, evidence, events, probes, factor: probeFactor(input, position, probes) };
}

/** As much traffic as keeps the failures it costs within the budget, never less than a minimal probe rate. */
function probeFactor(
  { settings, serviceRps, policyShareOf }: ModifierInput<ErrorState>,
  position: number,
  probes: DecayedMean,
): number {
  const { probeBudget, minProbeRps, maxProbeRatio } = settings.errors;
  const affordable = probeBudget / Math.max(0.05, probes.sum / probes.count);
  const least = serviceRps > 0 ? minProbeRps / serviceRps : 1;
  return Math.min(maxProbeRatio, Math.max(affordable, least) / policyShareOf(position));
}

function countsOf(load: EndpointLoad | undefined): { errors: number; completions: number } {
  return { errors: load?.errors ?? 0, completions: completionsOf(load) };
}

function rateOf(endpoint: Pick<EndpointErrors, "phase" | "probes" | "recent">): number | undefined {
  return endpoint.phase === "out"
    ? endpoint.probes.sum / endpoint.probes.count
    : meanOf(endpoint.recent, MIN_FOR_MEDIAN);
}

function effectOf(endpoint: EndpointErrors): Effect {
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
