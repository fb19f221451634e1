// Shares in proportion to the registered weights.
import { z } from "zod";
import { ROUND_ROBIN } from "../../model/enforcement.js";
import { registeredShares } from "../static-shares.js";
import type { WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const weightedRoundRobinPolicy: WeightPolicy<Config, null> = {
  name: "weighted-round-robin",
  summary: "Exactly in proportion to the registered weights",
  configSchema,
  enforcementOf: () => ROUND_ROBIN,
  dynamic: false,
  evaluate: registeredShares,
};
