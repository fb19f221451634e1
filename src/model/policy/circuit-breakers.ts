// How much a proxy has open to a service at most. Per proxy and cluster, not per instance.
import { z } from "zod";

const limit = (description: string) => z.int().min(1).max(1_000_000).default(100_000).describe(description);

export const circuitBreakersSchema = z
  .strictObject({
    maxConnections: limit("Connections."),
    maxPendingRequests: limit("Requests that wait for a connection."),
    maxRequests: limit("Requests under way."),
    maxRetries: limit("Retries under way; a retry budget replaces it."),
  })
  .describe("Limits of each proxy towards the service; what is over them is refused at once.");
