// The seed's score as fleet weights: bounded, in inverse proportion to a score whose terms are taken relative to the
// fleet, so that neither milliseconds nor connections drown the other. In-flight is per unit of throughput, or a host
// that serves four times as much would look four times as bad.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import type { InstanceId } from "../../model/ids.js";
import { completionsOf } from "../../model/load.js";
import type { Factor } from "../../model/plan.js";
import { decayFactor } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";
import { p2cScore } from "./score.js";

const configSchema = z.strictObject({
  tauMs: z.number().min(1_000).max(120_000).default(20_000).describe("Memory of the three averages, milliseconds."),
  maxRatio: z
    .number()
    .min(1)
    .max(100)
    .default(8)
    .describe("A share is at most this many times, and at least this part of, the fair one."),
  latencyScaleMs: z
    .number()
    .min(1)
    .max(10_000)
    .default(100)
    .describe("What the fleet's median latency counts as in the score, milliseconds."),
});
type Config = z.output<typeof configSchema>;

interface EndpointState {
  readonly completions: number;
  readonly errors: number;
  readonly latencySumMs: number;
  readonly latencyCount: number;
  readonly inFlightSum: number;
}
type State = Readonly<Record<string, EndpointState>>;

const EMPTY: EndpointState = { completions: 0, errors: 0, latencySumMs: 0, latencyCount: 0, inFlightSum: 0 };
const MIN_SAMPLES = 5;

export const p2cPolicy: WeightPolicy<Config, State> = {
  name: "p2c",
  summary: "In inverse proportion to the power-of-two-choices score, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State> {
    const state: Record<string, EndpointState> = {};
    for (const { id } of input.endpoints) state[id] = next(input, id);
    const scores = scoresOf(input, state);
    const median = lowerMedian([...scores.values()]) ?? 1;
    const registered = registeredWeightFactors(input.endpoints);
    const factors = new Map<InstanceId, readonly Factor[]>();
    for (const { id } of input.endpoints) {
      const score = scores.get(id);
      const ratio = score === undefined ? 1 : median / Math.max(score, 1e-9);
      const value = Math.min(input.config.maxRatio, Math.max(1 / input.config.maxRatio, ratio));
      const note =
        score === undefined
          ? "not enough samples"
          : `score ${score.toFixed(1)} against a median of ${median.toFixed(1)}`;
      factors.set(id, [registered(id), { name: "score", value, note }]);
    }
    return { factors, state };
  },
};

function next({ state, gapMs, loads, config }: PolicyInput<Config, State>, id: InstanceId): EndpointState {
  const previous = state?.[id] ?? EMPTY;
  const keep = decayFactor(gapMs, config.tauMs);
  const load = loads.get(id);
  return {
    completions: previous.completions * keep + completionsOf(load),
    errors: previous.errors * keep + (load?.errors ?? 0),
    latencySumMs: previous.latencySumMs * keep + (load?.latencyMs ?? 0) * (load?.latencyCount ?? 0),
    latencyCount: previous.latencyCount * keep + (load?.latencyCount ?? 0),
    inFlightSum: previous.inFlightSum * keep + (load?.inFlight ?? 0),
  };
}

function scoresOf(input: PolicyInput<Config, State>, state: State): Map<InstanceId, number> {
  const measured = input.endpoints.flatMap(({ id }) => {
    const { completions, errors, latencySumMs, latencyCount, inFlightSum } = state[id] ?? EMPTY;
    if (completions < MIN_SAMPLES) return [];
    const latencyMs = latencyCount >= 1 ? latencySumMs / latencyCount : undefined;
    return [{ id, errorRate: errors / completions, latencyMs, queue: inFlightSum / completions }];
  });
  const medianMs = lowerMedian(measured.flatMap(({ latencyMs }) => latencyMs ?? [])) ?? 0;
  const medianQueue = lowerMedian(measured.map(({ queue }) => queue)) ?? 0;
  const scale = input.config.latencyScaleMs;
  const relative = (value: number, reference: number): number => (reference > 0 ? (value / reference) * scale : scale);
  return new Map(
    measured.map(({ id, errorRate, latencyMs, queue }) => [
      id,
      p2cScore({
        connections: relative(queue, medianQueue),
        latencyMs: relative(latencyMs ?? medianMs, medianMs),
        errorRate,
      }),
    ]),
  );
}
