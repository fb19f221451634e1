// Shares in inverse proportion to a slow latency average, bounded. The map is static, so its loop gain is the load
// elasticity rho/(1-rho): the bounds and the long memory are what keeps it from swinging. `adaptive` does better.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import { decayedMean, meanAt, meanOf, setMean } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { MemberTable, type StoredTable } from "../../stats/member-table.js";
import { registeredRatios, registeredWeightFactor } from "../registered-weight.js";
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

const NOT_MEASURED = { count: 0, sumMs: 0 };
type State = MemberTable<keyof typeof NOT_MEASURED> | StoredTable;

/** Effective samples from which an average is believed. */
const MIN_SAMPLES = 5;

export const leastLatencyPolicy: WeightPolicy<Config, State> = {
  name: "least-latency",
  summary: "In inverse proportion to the average latency, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate({ pool, loads, gapMs, config, state }: PolicyInput<Config, State>): PolicyOutput<State> {
    const { tauMs, maxRatio } = config;
    const before = MemberTable.of(NOT_MEASURED, pool.ids, state).columns;
    const table = new MemberTable(NOT_MEASURED, pool.ids);
    const { count, sumMs } = table.columns;
    for (let i = 0; i < count.length; i++) {
      const samples = loads[i]?.latencyCount ?? 0;
      const roundMs = (loads[i]?.latencyMs ?? 0) * samples;
      setMean(count, sumMs, i, decayedMean(meanAt(before.count, before.sumMs, i), gapMs, tauMs, samples, roundMs));
    }
    const meanMsOf = (i: number): number | undefined => meanOf(meanAt(count, sumMs, i), MIN_SAMPLES);
    const medianMs = lowerMedian(pool.ids.flatMap((_, i) => meanMsOf(i) ?? []));
    const valueOf = (i: number): number => {
      const meanMs = meanMsOf(i);
      const ratio = meanMs === undefined || medianMs === undefined || meanMs <= 0 ? 1 : medianMs / meanMs;
      return Math.min(maxRatio, Math.max(1 / maxRatio, ratio));
    };
    return {
      products: registeredRatios(pool).map((registered, i) => registered * valueOf(i)),
      factorsOf: (i) => {
        const meanMs = meanMsOf(i);
        const note =
          meanMs === undefined
            ? "not enough samples"
            : `${meanMs.toFixed(1)} ms against a median of ${(medianMs ?? 0).toFixed(1)} ms`;
        return [registeredWeightFactor(pool, i), { name: "latency", value: valueOf(i), note }];
      },
      state: table,
    };
  },
};
