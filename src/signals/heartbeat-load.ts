// Load as an instance reports it of itself in its heartbeat: for backends that cannot put it into their answers, and for
// traffic that no proxy of ours sees. Invariant: what passes this schema is finite and in range.
import { z } from "zod";
import { MAX_UTILIZATION } from "./utilization.js";

export const heartbeatLoadSchema = z
  .strictObject({
    rps: z.number().min(0).max(1_000_000_000).optional().describe("Requests per second, from whomever they come."),
    inFlight: z.number().min(0).max(1_000_000_000).optional().describe("Requests being served now."),
    utilization: z
      .number()
      .min(0)
      .max(MAX_UTILIZATION)
      .optional()
      .describe("Part of the capacity in use; 1 = fully used, more when it can be overbooked."),
  })
  .describe("Load as the instance sees it");

export type HeartbeatLoad = z.output<typeof heartbeatLoadSchema>;
