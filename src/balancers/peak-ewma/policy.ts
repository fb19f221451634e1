// Finagle's peak EWMA as fleet weights: a cost that jumps up to a round's mean latency at once and decays slowly, so that
// trouble is believed at its first sign and forgotten with time. Shares go as 1/cost, bounded. Requests in flight, the
// other factor of Finagle's cost, are left to Envoy's LEAST_REQUEST, which sees them as they are and not a round late.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import { ewmaStep, setMean } from "../../stats/decay.js";
import { lowerMedian } from "../../stats/median.js";
import { type Columns, MemberTable, type StoredTable } from "../../stats/member-table.js";
import { registeredRatios, registeredWeightFactor } from "../registered-weight.js";
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

const NEW_ENDPOINT = {
  /** Milliseconds; 0 = not known. */
  costMs: 0,
  /** Samples that do not make an observation yet, and how long they took to come together. */
  pendingCount: 0,
  pendingSumMs: 0,
  pendingMs: 0,
};
type Field = keyof typeof NEW_ENDPOINT;
type State = MemberTable<Field> | StoredTable;

export const peakEwmaPolicy: WeightPolicy<Config, State> = {
  name: "peak-ewma",
  summary: "In inverse proportion to a latency that rises at once and decays slowly, bounded",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: true,
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State> {
    const { pool, config } = input;
    const before = MemberTable.of(NEW_ENDPOINT, pool.ids, input.state).columns;
    const table = new MemberTable(NEW_ENDPOINT, pool.ids);
    for (let i = 0; i < pool.ids.length; i++) observe(input, before, table.columns, i);
    const { costMs } = table.columns;
    const medianMs = lowerMedian(costMs.filter((cost) => cost > 0)) ?? 0;
    const valueOf = (i: number): number => {
      const cost = costMs[i] ?? 0;
      return cost > 0 ? Math.min(config.maxRatio, Math.max(1 / config.maxRatio, medianMs / cost)) : 1;
    };
    return {
      products: registeredRatios(pool).map((registered, i) => registered * valueOf(i)),
      factorsOf: (i) => {
        const cost = costMs[i] ?? 0;
        const note =
          cost > 0
            ? `peak latency ${cost.toFixed(1)} ms against a median of ${medianMs.toFixed(1)} ms`
            : "not enough samples";
        return [registeredWeightFactor(pool, i), { name: "peak latency", value: valueOf(i), note }];
      },
      state: table,
    };
  },
};

function observe(
  { loads, gapMs, config }: PolicyInput<Config, State>,
  before: Columns<Field>,
  after: Columns<Field>,
  i: number,
): void {
  const load = loads[i];
  const knownMs = before.costMs[i] ?? 0;
  const count = (before.pendingCount[i] ?? 0) + (load?.latencyCount ?? 0);
  const sumMs = (before.pendingSumMs[i] ?? 0) + (load?.latencyCount ?? 0) * (load?.latencyMs ?? 0);
  const elapsedMs = (before.pendingMs[i] ?? 0) + gapMs;
  if (count < config.minSamples) {
    after.costMs[i] = knownMs;
    setMean(after.pendingCount, after.pendingSumMs, i, { count, sum: sumMs });
    after.pendingMs[i] = elapsedMs;
    return;
  }
  const seenMs = sumMs / count;
  after.costMs[i] = seenMs > knownMs ? seenMs : ewmaStep(knownMs, seenMs, elapsedMs, config.tauMs);
}
