// What policies answer that follow no signal: everybody alike, or in proportion to the registered weights.
import type { Factor } from "../model/plan.js";
import type { EndpointPool } from "./endpoint-pool.js";
import { registeredRatios, registeredWeightFactor } from "./registered-weight.js";
import type { PolicyOutput } from "./weight-policy.js";

interface Pooled {
  readonly pool: EndpointPool;
}

const EQUAL: readonly Factor[] = [{ name: "equal", value: 1 }];

export function equalShares({ pool }: Pooled): PolicyOutput<null> {
  return { products: new Float64Array(pool.ids.length).fill(1), factorsOf: () => EQUAL, state: null };
}

export function registeredShares({ pool }: Pooled): PolicyOutput<null> {
  return {
    products: registeredRatios(pool),
    factorsOf: (position) => [registeredWeightFactor(pool, position)],
    state: null,
  };
}
