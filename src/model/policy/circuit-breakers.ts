// How much a proxy has open to a service at most. Per proxy and cluster, not per instance. Retries have a budget of their
// own (retry.ts).
import { z } from "zod";

const limit = (description: string) => z.int().min(1).max(1_000_000).default(100_000).describe(description);

export const circuitBreakersSchema = z
  .strictObject({
    maxConnections: limit("Connections."),
    maxPendingRequests: limit("Requests that wait for a connection."),
    maxRequests: limit("Requests under way."),
  })
  .describe("Limits of each proxy towards the service; what is over them is refused at once.");

export type CircuitBreakerLimits = z.output<typeof circuitBreakersSchema>;
