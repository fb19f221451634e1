// The default policy: a prior (registered weight, or capacity where utilisation is reported), times a latency trim that is
// integrated round by round. Faults are not its business: the modifiers take a failing or suddenly slow endpoint out
// within a tick, and meanwhile its trim is held, so that what was learned about it is still there when it comes back.
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { Factor } from "../../model/plan.js";
import { meanAt, meanOf } from "../../stats/decay.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";
import { type AdaptiveConfig, adaptiveConfigSchema } from "./config.js";
import { learn } from "./learn.js";
import { localityFactors, localityValues } from "./locality.js";
import { priorOf } from "./prior.js";
import { type AdaptiveState, type EndpointColumns, knownOf } from "./state.js";

export const adaptivePolicy: WeightPolicy<AdaptiveConfig, AdaptiveState> = {
  name: "adaptive",
  summary: "Learns shares that make all instances answer equally fast (default)",
  configSchema: adaptiveConfigSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<AdaptiveConfig, AdaptiveState>): PolicyOutput<AdaptiveState> {
    const { pool, elapsedMs, config } = input;
    const known = knownOf(pool, input.state);
    const state = elapsedMs > 0 ? learn(input, known) : known;
    const { columns } = state.endpoints;
    const prior = priorOf(pool, columns);
    const trimmed = prior.values.map((value, i) => value * Math.exp(columns.trim[i] ?? 0));
    const locality = localityValues(pool, prior.values, trimmed);
    const { factorsOf } = prior;
    return {
      products: trimmed.map((value, i) => value * (locality[pool.localities[i] ?? 0] ?? 1)),
      factorsOf: (i) => [...factorsOf(i), trimFactor(columns, i, config), ...localityFactors(pool, locality, i)],
      state,
    };
  },
};

function trimFactor(columns: EndpointColumns, i: number, { minSamples, tauMs }: AdaptiveConfig): Factor {
  const meanMs = meanOf(meanAt(columns.latencyCount, columns.latencySumMs, i), minSamples);
  const gainFactor = columns.gainFactor[i] ?? 1;
  const seen =
    meanMs === undefined ? "not enough samples yet" : `latency ${meanMs.toFixed(1)} ms over the last ${tauMs / 1000} s`;
  const note = gainFactor < 1 ? `${seen}; it swings, so the gain is ${gainFactor} of the usual` : seen;
  return { name: "latency trim", value: Math.exp(columns.trim[i] ?? 0), note };
}
