// Finagle's peak EWMA as fleet weights: a cost that jumps up to a round's mean latency at once and decays slowly, so that
// trouble is believed at its first sign and forgotten with time. Shares go as 1/cost, bounded. Requests in flight, the
// other factor of Finagle's cost, are left to Envoy's LEAST_REQUEST, which sees them as they are and not a round late.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { InstanceId } from "../../model/ids.js";
import type { EndpointLoad } from "../../model/load.js";
import type { Factor } from "../../model/plan.js";
import { type DecayedMean, EMPTY_MEAN, ewmaStep } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({
  tauMs: z
    .number()
    .min(1_000)
    .max(120_000)
    .default(10_000)
    .describe("Memory of the cost on its way down, milliseconds; Finagle's default. Up it goes at once."),
  maxRatio: z
    .number()
    .min(1)
    .max(100)
    .default(8)
    .describe("A share is at most this many times, and at least this part of, the fair one."),
  minSamples: z
    .number()
    .min(1)
    .max(1_000)
    .default(5)
    .describe(
      "Latency samples that make one observation; rounds with fewer are put together, so that one slow request is no peak.",
    ),
});
type Config = z.output<typeof configSchema>;

interface EndpointState {
  /** Milliseconds; 0 = not known. */
  readonly costMs: number;
  /** Samples that do not make an observation yet, and how long they took to come together. */
  readonly pending: DecayedMean;
  readonly pendingMs: number;
}
type State = Readonly<Record<string, EndpointState>>;

const NEW_ENDPOINT: EndpointState = { costMs: 0, pending: EMPTY_MEAN, pendingMs: 0 };

export const peakEwmaPolicy: WeightPolicy<Config, State> = {
  name: "peak-ewma",
  summary: "In inverse proportion to a latency that rises at once and decays slowly, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State> {
    const { maxRatio } = input.config;
    const state: Record<string, EndpointState> = {};
    for (const { id } of input.endpoints) {
      state[id] = observe(input.state?.[id] ?? NEW_ENDPOINT, input.loads.get(id), input.gapMs, input.config);
    }
    const costs = input.endpoints.map(({ id }) => state[id]?.costMs ?? 0);
    const medianMs = lowerMedian(costs.filter((costMs) => costMs > 0)) ?? 0;
    const registered = registeredWeightFactors(input.endpoints);
    const factors = new Map<InstanceId, readonly Factor[]>(
      input.endpoints.map(({ id }, i) => {
        const costMs = costs[i] ?? 0;
        const value = costMs > 0 ? Math.min(maxRatio, Math.max(1 / maxRatio, medianMs / costMs)) : 1;
        const note =
          costMs > 0
            ? `peak latency ${costMs.toFixed(1)} ms against a median of ${medianMs.toFixed(1)} ms`
            : "not enough samples";
        return [id, [registered(id), { name: "peak latency", value, note }]];
      }),
    );
    return { factors, state };
  },
};

function observe(
  { costMs, pending, pendingMs }: EndpointState,
  load: EndpointLoad | undefined,
  gapMs: number,
  { tauMs, minSamples }: Config,
): EndpointState {
  const count = pending.count + (load?.latencyCount ?? 0);
  const sum = pending.sum + (load?.latencyCount ?? 0) * (load?.latencyMs ?? 0);
  const elapsedMs = pendingMs + gapMs;
  if (count < minSamples) return { costMs, pending: { count, sum }, pendingMs: elapsedMs };
  const seenMs = sum / count;
  return { ...NEW_ENDPOINT, costMs: seenMs > costMs ? seenMs : ewmaStep(costMs, seenMs, elapsedMs, tauMs) };
}
