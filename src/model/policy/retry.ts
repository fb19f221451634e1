// What is tried again, how often, and within which budget. In Envoy: a RetryPolicy of the route that never goes back to
// a host already tried, and a retry budget of the cluster.
import { z } from "zod";

/** Envoy's conditions (`x-envoy-retry-on`, `x-envoy-retry-grpc-on`). */
const RETRY_CONDITIONS = [
  "5xx",
  "gateway-error",
  "reset",
  "reset-before-request",
  "connect-failure",
  "refused-stream",
  "retriable-4xx",
  "retriable-status-codes",
  "cancelled",
  "deadline-exceeded",
  "internal",
  "resource-exhausted",
  "unavailable",
] as const;

export const retrySchema = z
  .strictObject({
    attempts: z.int().min(1).max(10).default(2).describe("Most tries after the first."),
    on: z
      .array(z.enum(RETRY_CONDITIONS))
      .min(1)
      .default(["connect-failure", "refused-stream", "unavailable", "cancelled", "retriable-status-codes"])
      .describe("What is tried again: Envoy's conditions, those of gRPC among them."),
    statusCodes: z
      .array(z.int().min(400).max(599))
      .max(32)
      .default([503])
      .describe("Which HTTP status codes `retriable-status-codes` means."),
    perTryTimeoutMs: z
      .int()
      .min(1)
      .max(3_600_000)
      .optional()
      .describe("Of each try, milliseconds; `timeouts.requestMs` bounds all of them together."),
    backOff: z
      .strictObject({
        baseMs: z.int().min(1).max(60_000).default(25).describe("Before the first retry at most, milliseconds."),
        maxMs: z.int().min(1).max(600_000).default(250).describe("Before any retry at most, milliseconds."),
      })
      .refine(({ baseMs, maxMs }) => baseMs <= maxMs, { path: ["maxMs"], message: "must not be less than baseMs" })
      .prefault({})
      .describe("Exponential, with full jitter."),
    budget: z
      .strictObject({
        percent: z
          .number()
          .min(0)
          .max(100)
          .default(20)
          .describe("Retries under way at the same time, as a share of the requests under way, %."),
        minConcurrent: z.int().min(0).max(10_000).default(3).describe("So many are allowed in any case."),
      })
      .prefault({})
      .describe("Keeps retries from bringing down what is overloaded already. Per proxy."),
  })
  .describe("Retries; each goes to another host than those tried before. Default: none.");

export type Retry = z.output<typeof retrySchema>;
