// Envoy's own ejection of hosts that fail: acts within milliseconds, on what one proxy sees.
import { z } from "zod";

export const outlierDetectionSchema = z
  .strictObject({
    consecutive5xx: z
      .int()
      .min(0)
      .max(10_000)
      .default(5)
      .describe("Failures in a row (5xx, resets, timeouts) that eject; 0 = off."),
    consecutiveGatewayErrors: z
      .int()
      .min(0)
      .max(10_000)
      .default(0)
      .describe("The same, of 502, 503, 504 and of connections that fail; 0 = off."),
    intervalMs: z.int().min(100).max(600_000).default(10_000).describe("Between looks at rates and ends of ejections."),
    baseEjectionMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(30_000)
      .describe("Ejected this long, times the number of ejections in a row."),
    maxEjectionMs: z.int().min(100).max(86_400_000).default(300_000).describe("Longest ejection."),
    maxEjectionPercent: z
      .int()
      .min(0)
      .max(100)
      .default(30)
      .describe("Most of the hosts at a time, %; one in any case."),
  })
  .refine(({ baseEjectionMs, maxEjectionMs }) => baseEjectionMs <= maxEjectionMs, {
    path: ["maxEjectionMs"],
    message: "must not be less than baseEjectionMs",
  })
  .describe("Ejection by the proxies themselves. Default: none; the control loop takes weight away instead.");

export type OutlierEjection = z.output<typeof outlierDetectionSchema>;
