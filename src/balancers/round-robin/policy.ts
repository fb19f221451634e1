// Equal shares, whatever is registered or measured.
import { z } from "zod";
import { ROUND_ROBIN } from "../../model/enforcement.js";
import type { PolicyInput, PolicyOutput, WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const roundRobinPolicy: WeightPolicy<Config, null> = {
  name: "round-robin",
  summary: "Every instance in turn, whatever its registered weight",
  configSchema,
  enforcement: ROUND_ROBIN,
  dynamic: false,
  evaluate(input: PolicyInput<Config, null>): PolicyOutput<null> {
    return { factors: new Map(input.endpoints.map(({ id }) => [id, [{ name: "equal", value: 1 }]])), state: null };
  },
};
