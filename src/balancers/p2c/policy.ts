// The seed's score as fleet weights: bounded, in inverse proportion to a score whose terms are taken relative to the
// fleet, so that neither milliseconds nor connections drown the other. In-flight is per unit of throughput, or a host
// that serves four times as much would look four times as bad.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import { completionsOf } from "../../model/load.js";
import { decayFactor } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { type Columns, MemberTable, type StoredTable } from "../../stats/member-table.js";
import { registeredRatios, registeredWeightFactor } from "../registered-weight.js";
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

/** Decayed sums. */
const EMPTY = { completions: 0, errors: 0, latencySumMs: 0, latencyCount: 0, inFlightSum: 0 };
type Field = keyof typeof EMPTY;
type State = MemberTable<Field> | StoredTable;

const MIN_SAMPLES = 5;

export const p2cPolicy: WeightPolicy<Config, State> = {
  name: "p2c",
  summary: "In inverse proportion to the power-of-two-choices score, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State> {
    const { pool, config } = input;
    const table = addRound(input);
    const scores = scoresOf(table.columns, config);
    const median = lowerMedian(scores.filter((score) => !Number.isNaN(score))) ?? 1;
    const valueOf = (i: number): number => {
      const score = scores[i] ?? Number.NaN;
      const ratio = Number.isNaN(score) ? 1 : median / Math.max(score, 1e-9);
      return Math.min(config.maxRatio, Math.max(1 / config.maxRatio, ratio));
    };
    return {
      products: registeredRatios(pool).map((registered, i) => registered * valueOf(i)),
      factorsOf: (i) => {
        const score = scores[i] ?? Number.NaN;
        const note = Number.isNaN(score)
          ? "not enough samples"
          : `score ${score.toFixed(1)} against a median of ${median.toFixed(1)}`;
        return [registeredWeightFactor(pool, i), { name: "score", value: valueOf(i), note }];
      },
      state: table,
    };
  },
};

function addRound({ pool, state, gapMs, loads, config }: PolicyInput<Config, State>): MemberTable<Field> {
  const before = MemberTable.of(EMPTY, pool.ids, state).columns;
  const table = new MemberTable(EMPTY, pool.ids);
  const after = table.columns;
  const keep = decayFactor(gapMs, config.tauMs);
  for (let i = 0; i < pool.ids.length; i++) {
    const load = loads[i];
    const count = load?.latencyCount ?? 0;
    after.completions[i] = (before.completions[i] ?? 0) * keep + completionsOf(load);
    after.errors[i] = (before.errors[i] ?? 0) * keep + (load?.errors ?? 0);
    after.latencySumMs[i] = (before.latencySumMs[i] ?? 0) * keep + (load?.latencyMs ?? 0) * count;
    after.latencyCount[i] = (before.latencyCount[i] ?? 0) * keep + count;
    after.inFlightSum[i] = (before.inFlightSum[i] ?? 0) * keep + (load?.inFlight ?? 0);
  }
  return table;
}

/** NaN = not enough samples. */
function scoresOf(sums: Columns<Field>, { latencyScaleMs: scale }: Config): Float64Array {
  const { completions, errors, latencySumMs, latencyCount, inFlightSum } = sums;
  const isMeasured = (i: number): boolean => (completions[i] ?? 0) >= MIN_SAMPLES;
  const latencyMsOf = (i: number): number | undefined =>
    (latencyCount[i] ?? 0) >= 1 ? (latencySumMs[i] ?? 0) / (latencyCount[i] ?? 1) : undefined;
  const queueOf = (i: number): number => (inFlightSum[i] ?? 0) / (completions[i] ?? 1);
  const measured = Array.from(completions, (_, i) => i).filter(isMeasured);
  const medianMs = lowerMedian(measured.flatMap((i) => latencyMsOf(i) ?? [])) ?? 0;
  const medianQueue = lowerMedian(measured.map(queueOf)) ?? 0;
  const relative = (value: number, reference: number): number => (reference > 0 ? (value / reference) * scale : scale);
  return completions.map((count, i) => {
    if (!isMeasured(i)) return Number.NaN;
    return p2cScore({
      connections: relative(queueOf(i), medianQueue),
      latencyMs: relative(latencyMsOf(i) ?? medianMs, medianMs),
      errorRate: (errors[i] ?? 0) / count,
    });
  });
}
