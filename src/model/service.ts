// A service and its policy: what a user may set about it. The schema is the API's, the file's and the CLI's.
import { z } from "zod";
import type { ServiceName } from "./ids.js";
import type { CatalogueInstance } from "./instance.js";
import { circuitBreakersSchema } from "./policy/circuit-breakers.js";
import { failoverSchema } from "./policy/failover.js";
import { hashPolicySchema } from "./policy/hash-policy.js";
import { healthChecksSchema } from "./policy/health-checks.js";
import { orcaSchema } from "./policy/orca.js";
import { outlierDetectionSchema } from "./policy/outlier-detection.js";
import { priorityRoutingSchema } from "./policy/priority-routing.js";
import { protocolSchema } from "./policy/protocol.js";
import { retrySchema } from "./policy/retry.js";
import { timeoutsSchema } from "./policy/timeouts.js";
import { tlsSchema } from "./policy/tls.js";

export const DEFAULT_ALGORITHM = "adaptive";

export const servicePolicySchema = z
  .strictObject({
    algorithm: z
      .string()
      .min(1)
      .max(64)
      .default(DEFAULT_ALGORITHM)
      .describe("Which balancer computes the weights; `GET /v1/algorithms` lists them."),
    settings: z
      .record(z.string().max(64), z.unknown())
      .default({})
      .describe("Settings of that algorithm; see its page in docs/algorithms."),
    control: z
      .strictObject({
        mode: z
          .enum(["enforce", "shadow"])
          .default("enforce")
          .describe("`shadow`: the weights are computed and shown, but the registered weights are in force."),
        blend: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .describe(
            "For a gradual take-over: pushed share = (1 - blend) × static + blend × dynamic, static being by registered weight.",
          ),
      })
      .prefault({}),
    hashPolicy: hashPolicySchema.optional(),
    protocol: protocolSchema,
    timeouts: timeoutsSchema.prefault({}),
    retry: retrySchema.optional(),
    failover: failoverSchema.optional(),
    priorityRouting: priorityRoutingSchema.optional(),
    circuitBreakers: circuitBreakersSchema.optional(),
    outlierDetection: outlierDetectionSchema.optional(),
    healthChecks: healthChecksSchema.optional(),
    orca: orcaSchema.optional(),
    tls: tlsSchema.optional(),
  })
  .describe("Policy of a service");

export type ServicePolicy = z.output<typeof servicePolicySchema>;

export const DEFAULT_SERVICE_POLICY: ServicePolicy = servicePolicySchema.parse({});

/** Immutable view of one service at one revision of the catalogue. Instances are sorted by id. */
export interface ServiceSnapshot {
  readonly service: ServiceName;
  readonly policy: ServicePolicy;
  readonly instances: readonly CatalogueInstance[];
  readonly revision: number;
  /** Whether the service was declared by PUT, and so lives on without instances. */
  readonly declared: boolean;
}
