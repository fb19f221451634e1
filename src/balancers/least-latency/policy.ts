// Shares in inverse proportion to a slow latency average, bounded. The map is static, so its loop gain is the load
// elasticity rho/(1-rho): the bounds and the long memory are what keeps it from swinging. `adaptive` does better.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { Factor } from "../../model/plan.js";
import { type DecayedMean, decayedMean, EMPTY_MEAN, meanOf } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({
  tauMs: z.number().min(1_000).max(120_000).default(20_000).describe("Memory of the latency average, milliseconds."),
  maxRatio: z
    .number()
    .min(1)
    .max(100)
    .default(4)
    .describe("A share is at most this many times, and at least this part of, the fair one."),
});
type Config = z.output<typeof configSchema>;
type State = Readonly<Record<string, DecayedMean>>;

export const leastLatencyPolicy: WeightPolicy<Config, State> = {
  name: "least-latency",
  summary: "In inverse proportion to the average latency, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State> {
    const { tauMs, maxRatio } = input.config;
    const state: Record<string, DecayedMean> = {};
    for (const { id } of input.endpoints) {
      const load = input.loads.get(id);
      const sumMs = (load?.latencyMs ?? 0) * (load?.latencyCount ?? 0);
      state[id] = decayedMean(input.state?.[id] ?? EMPTY_MEAN, input.gapMs, tauMs, load?.latencyCount ?? 0, sumMs);
    }
    const means = input.endpoints.map(({ id }) => meanOf(state[id] ?? EMPTY_MEAN, 5));
    const median = lowerMedian(means.filter((mean) => mean !== undefined));
    const registered = registeredWeightFactors(input.endpoints);
    const factors = new Map<PolicyInput<Config, State>["endpoints"][number]["id"], readonly Factor[]>();
    input.endpoints.forEach(({ id }, i) => {
      const mean = means[i];
      const ratio = mean === undefined || median === undefined || mean <= 0 ? 1 : median / mean;
      const value = Math.min(maxRatio, Math.max(1 / maxRatio, ratio));
      const note =
        mean === undefined
          ? "not enough samples"
          : `${mean.toFixed(1)} ms against a median of ${(median ?? 0).toFixed(1)} ms`;
      factors.set(id, [registered(id), { name: "latency", value, note }]);
    });
    return { factors, state };
  },
};
