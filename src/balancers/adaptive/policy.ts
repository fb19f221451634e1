// The default policy: registered weight as prior, times a latency trim that is integrated round by round. Faults are
// not its business: the modifiers take a failing or suddenly slow endpoint out within a tick, and meanwhile its trim is
// held, so that what was learned about it is still there when it comes back.
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import type { Factor } from "../../model/plan.js";
import { type DecayedMean, decayedMean, decayFactor, EMPTY_MEAN, meanOf } from "../../stats/decay.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";
import { type AdaptiveConfig, adaptiveConfigSchema } from "./config.js";
import { stepTrims } from "./trim.js";

interface EndpointState {
  readonly trim: number;
  readonly latency: DecayedMean;
}

interface AdaptiveState {
  /** Milliseconds of traffic learned from so far, for the fading start gain. */
  readonly learnedMs: number;
  readonly endpoints: Readonly<Record<string, EndpointState>>;
}

const NEW_ENDPOINT: EndpointState = { trim: 0, latency: EMPTY_MEAN };

export const adaptivePolicy: WeightPolicy<AdaptiveConfig, AdaptiveState> = {
  name: "adaptive",
  summary: "Learns shares that make all instances answer equally fast (default)",
  configSchema: adaptiveConfigSchema,
  enforcement: LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<AdaptiveConfig, AdaptiveState>): PolicyOutput<AdaptiveState> {
    const state = input.elapsedMs > 0 ? learn(input) : keepMembers(input);
    const registered = registeredWeightFactors(input.endpoints);
    const factors = new Map<InstanceId, readonly Factor[]>();
    for (const { id } of input.endpoints) {
      const { trim, latency } = state.endpoints[id] ?? NEW_ENDPOINT;
      const meanMs = meanOf(latency, input.config.minSamples);
      const note =
        meanMs === undefined
          ? "not enough samples yet"
          : `latency ${meanMs.toFixed(1)} ms over the last ${input.config.tauMs / 1000} s`;
      factors.set(id, [registered(id), { name: "latency trim", value: Math.exp(trim), note }]);
    }
    return { factors, state };
  },
};

function learn({
  endpoints,
  loads,
  elapsedMs,
  gapMs,
  config,
  state,
}: PolicyInput<AdaptiveConfig, AdaptiveState>): AdaptiveState {
  const observed = endpoints.map(({ id, hold }) => {
    const previous = state?.endpoints[id] ?? NEW_ENDPOINT;
    const load = loads.get(id);
    const count = load?.latencyCount ?? 0;
    return {
      id,
      trim: previous.trim,
      latency: decayedMean(previous.latency, gapMs, config.tauMs, count, count * (load?.latencyMs ?? 0)),
      traffic: completionsOf(load),
      learns: hold === undefined,
    };
  });
  const learnedMs = state?.learnedMs ?? 0;
  const boost = config.startGainPerS * decayFactor(learnedMs, config.startFadeMs);
  const trims = stepTrims(observed, elapsedMs / 1000, Math.max(config.gainPerS, boost), config);
  const sawTraffic = observed.some(({ traffic }) => traffic > 0);
  return {
    learnedMs: sawTraffic ? learnedMs + elapsedMs : learnedMs,
    endpoints: Object.fromEntries(observed.map(({ id, latency }, i) => [id, { trim: trims[i] ?? 0, latency }])),
  };
}

/** A change of membership without new signals: those that left are forgotten, newcomers start neutral. */
function keepMembers({ endpoints, state }: PolicyInput<AdaptiveConfig, AdaptiveState>): AdaptiveState {
  return {
    learnedMs: state?.learnedMs ?? 0,
    endpoints: Object.fromEntries(endpoints.map(({ id }) => [id, state?.endpoints[id] ?? NEW_ENDPOINT])),
  };
}
