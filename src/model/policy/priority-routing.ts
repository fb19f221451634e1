// Requests of different importance, told apart by a header: each priority has a cluster with breakers and, where wanted,
// instances of its own, so that the less important cannot take what the more important need.
import { z } from "zod";
import type { ServiceName } from "../ids.js";
import { circuitBreakersSchema } from "./circuit-breakers.js";
import { headerNameSchema } from "./header-name.js";

export const REQUEST_PRIORITIES = ["high", "normal", "low"] as const;
export type RequestPriority = (typeof REQUEST_PRIORITIES)[number];

const level = z.strictObject({
  instances: z
    .record(z.string().min(1).max(64), z.string().max(256))
    .optional()
    .describe("Only instances with all of these in their metadata; all of the service's while none has. Default: all."),
  circuitBreakers: circuitBreakersSchema.optional().describe("Default: those of the service."),
});

export const priorityRoutingSchema = z
  .strictObject({
    header: headerNameSchema.default("x-priority").describe("Its value is `high`, `normal` or `low`."),
    levels: z
      .strictObject({ high: level.optional(), normal: level.optional(), low: level.optional() })
      .refine((levels) => Object.values(levels).some((each) => each !== undefined), "must name at least one level")
      .describe(
        "Levels with a cluster of their own. The others, and requests without the header, use the service's own.",
      ),
  })
  .describe("Clusters by the priority of a request. Default: one for all.");

export type PriorityRouting = z.output<typeof priorityRoutingSchema>;

/** Name of the cluster of a priority; no service has such a name. */
export function priorityClusterOf(service: ServiceName, priority: RequestPriority): string {
  return `${service}|${priority}`;
}

const OF_A_PRIORITY = new RegExp(`\\|(?:${REQUEST_PRIORITIES.join("|")})$`);

/** The cluster of a service for the cluster of one of its priorities; any other name as it is. */
export function withoutPriority(cluster: string): string {
  return cluster.replace(OF_A_PRIORITY, "");
}
