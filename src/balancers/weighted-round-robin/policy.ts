// Shares in proportion to the registered weights.
import { z } from "zod";
import { ROUND_ROBIN } from "../../model/enforcement.js";
import { registeredWeightFactors } from "../registered-weight.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const weightedRoundRobinPolicy: WeightPolicy<Config, null> = {
  name: "weighted-round-robin",
  summary: "Exactly in proportion to the registered weights",
  configSchema,
  enforcement: ROUND_ROBIN,
  dynamic: false,
  evaluate(input: PolicyInput<Config, null>): PolicyOutput<null> {
    const registered = registeredWeightFactors(input.endpoints);
    return { factors: new Map(input.endpoints.map(({ id }) => [id, [registered(id)]])), state: null };
  },
};
