// Registered weights as shares; Envoy, which alone knows its connections at each moment, picks the least loaded for its
// weight. The share law makes the long-run shares those registered, at any load.
import { z } from "zod";
import { LEAST_REQUEST } from "../../model/enforcement.js";
import { registeredShares } from "../static-shares.js";
import type { WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const leastConnectionsPolicy: WeightPolicy<Config, null> = {
  name: "least-connections",
  summary: "In proportion to the registered weights, and at each moment to who has the fewest requests in flight",
  configSchema,
  enforcementOf: () => LEAST_REQUEST,
  dynamic: false,
  evaluate: registeredShares,
};
