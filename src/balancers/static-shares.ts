// What policies answer that follow no signal: everybody alike, or in proportion to the registered weights.
import type { Factor } from "../model/plan.js";
import { registeredWeightFactors } from "./registered-weight.js";
import type { PolicyEndpoint, PolicyOutput } from "./weight-policy.js";

interface Pool {
  readonly endpoints: readonly PolicyEndpoint[];
}

const EQUAL: readonly Factor[] = [{ name: "equal", value: 1 }];

export function equalShares({ endpoints }: Pool): PolicyOutput<null> {
  return { factors: new Map(endpoints.map(({ id }) => [id, EQUAL])), state: null };
}

export function registeredShares({ endpoints }: Pool): PolicyOutput<null> {
  const registered = registeredWeightFactors(endpoints);
  return { factors: new Map(endpoints.map(({ id }) => [id, [registered(id)]])), state: null };
}
