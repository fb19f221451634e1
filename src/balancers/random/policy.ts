// Every request to an instance drawn at random. Equal shares only: Envoy's RANDOM ignores weights, so a policy that
// respects them must not be enforced by it.
import { z } from "zod";
import { RANDOM } from "../../model/enforcement.js";
import { equalShares } from "../static-shares.js";
import type { WeightPolicy } from "../weight-policy.js";

const configSchema = z.strictObject({});
type Config = z.output<typeof configSchema>;

export const randomPolicy: WeightPolicy<Config, null> = {
  name: "random",
  summary: "An instance drawn at random for each request, whatever its registered weight",
  configSchema,
  enforcementOf: () => RANDOM,
  dynamic: false,
  evaluate: equalShares,
};
