// Active health checks, by the proxies or by the server.
import { z } from "zod";

export const healthChecksSchema = z
  .strictObject({
    by: z
      .enum(["server", "envoy"])
      .default("server")
      .describe("`server`: one prober, all proxies are told. `envoy`: every proxy probes every instance itself."),
    check: z
      .union([
        z.strictObject({
          http: z.strictObject({
            path: z
              .string()
              .regex(/^\/[\x21-\x7e]{0,1023}$/, "must be a path: / and then printable ASCII without spaces")
              .default("/healthz")
              .describe("Path of the GET request."),
            host: z
              .string()
              .regex(/^[A-Za-z0-9._:[\]-]{1,253}$/, "must be a host name, with or without a port")
              .optional()
              .describe("Host header. Default: the service's name."),
            statuses: z
              .array(z.int().min(100).max(599))
              .min(1)
              .max(16)
              .default([200])
              .describe("Status codes that mean healthy."),
          }),
        }),
        z.strictObject({ tcp: z.strictObject({}).describe("Connecting is enough.") }),
        z.strictObject({
          grpc: z.strictObject({
            service: z.string().max(256).default("").describe("As in grpc.health.v1; empty = the whole server."),
          }),
        }),
      ])
      .describe("What is asked."),
    intervalMs: z.int().min(100).max(600_000).default(5_000).describe("Between two checks of an instance."),
    timeoutMs: z.int().min(10).max(60_000).default(1_000).describe("Until a check counts as failed."),
    unhealthyThreshold: z.int().min(1).max(100).default(3).describe("Failures in a row that make it unhealthy."),
    healthyThreshold: z.int().min(1).max(100).default(2).describe("Successes in a row that make it healthy again."),
  })
  .refine(({ timeoutMs, intervalMs }) => timeoutMs <= intervalMs, {
    path: ["timeoutMs"],
    message: "must not be more than intervalMs",
  })
  .describe("Active health checks. Default: none; heartbeats and traffic tell.");

export type HealthChecks = z.output<typeof healthChecksSchema>;
export type HealthCheck = HealthChecks["check"];
