// What an endpoint deserves before any latency was seen: its registered weight, corrected to capacity where that is known.
// Endpoints whose capacity is not known count as the median, so that a mixed fleet has one scale.
import type { Factor } from "../../model/plan.js";
import { lowerMedian } from "../../stats/median.js";
import type { EndpointPool } from "../endpoint-pool.js";
import { registeredRatios, registeredWeightFactor } from "../registered-weight.js";
import type { EndpointColumns } from "./state.js";

export interface Prior {
  /** Shares relative to each other, > 0, in the order of the pool. */
  readonly values: Float64Array;
  readonly factorsOf: (position: number) => readonly Factor[];
}

export function priorOf(pool: EndpointPool, { capacityRps }: Pick<EndpointColumns, "capacityRps">): Prior {
  const registered = registeredRatios(pool);
  const perWeight = registered.map((ratio, i) => (capacityRps[i] ?? 0) / ratio);
  const median = lowerMedian(perWeight.filter((capacity) => capacity > 0));
  const correctionOf = (capacity: number): number => (median === undefined || capacity <= 0 ? 1 : capacity / median);
  return {
    values: registered.map((ratio, i) => ratio * correctionOf(perWeight[i] ?? 0)),
    factorsOf: (i) => {
      const factor = registeredWeightFactor(pool, i);
      const knownRps = capacityRps[i] ?? 0;
      if (knownRps <= 0) return [factor];
      const note = `${knownRps.toFixed(0)} requests/s at full utilisation`;
      return [factor, { name: "capacity", value: correctionOf(knownRps / factor.value), note }];
    },
  };
}
