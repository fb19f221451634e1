// Time limits of connections and requests.
import { z } from "zod";

export const timeoutsSchema = z.strictObject({
  connectMs: z.int().min(1).max(60_000).default(1_000).describe("Connecting to an instance, milliseconds."),
  requestMs: z.int().min(0).max(3_600_000).default(15_000).describe("Whole request, milliseconds; 0 = none."),
  idleMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .optional()
    .describe(
      "A request on which nothing moves ends after this, milliseconds; 0 = never. Default: Envoy's, 5 minutes.",
    ),
});
