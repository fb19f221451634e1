// Equal shares, whatever is registered or measured.
import { z } from "zod";
import { ROUND_ROBIN } from "../../model/enforcement.js";
import { equalShares } from "../static-shares.js";
import type { WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const roundRobinPolicy: WeightPolicy<Config, null> = {
  name: "round-robin",
  summary: "Every instance in turn, whatever its registered weight",
  configSchema,
  enforcementOf: () => ROUND_ROBIN,
  dynamic: false,
  evaluate: equalShares,
};
