// A service and its policy: what a user may set about it. The schema is the API's, the file's and the CLI's.
import { z } from "zod";
import type { ServiceName } from "./ids.js";
import type { CatalogueInstance } from "./instance.js";

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
    protocol: z.enum(["http1", "http2"]).default("http1").describe("What Envoy speaks to the instances."),
    timeouts: z
      .strictObject({
        connectMs: z.int().min(1).max(60_000).default(1_000).describe("Connecting to an instance, milliseconds."),
        requestMs: z.int().min(0).max(3_600_000).default(15_000).describe("Whole request, milliseconds; 0 = none."),
      })
      .prefault({}),
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
