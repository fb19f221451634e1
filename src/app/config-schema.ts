// The configuration of `steelyard serve`. One schema gives validation, defaults and docs/config.md.
import { isIP } from "node:net";
import { z } from "zod";
import { controlSettingsSchema } from "../control/settings.js";
import { manifestSchema } from "../model/manifest.js";
import { parseAddressPort } from "./address-port.js";
import { xdsTlsSchema } from "./tls/xds-tls-schema.js";

const addressPort = (fallback: string, description: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const parsed = parseAddressPort(text);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: "custom", message: `not ADDRESS:PORT: ${JSON.stringify(text)}` });
      return z.NEVER;
    })
    .describe(description);

export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .default("./steelyard-data")
    .describe("Folder of the store; made with mode 0700 when it does not exist. One server at a time."),
  store: z.enum(["sqlite", "memory"]).default("sqlite").describe("`memory` forgets everything at a restart."),
  durability: z
    .enum(["normal", "full"])
    .default("normal")
    .describe(
      "`normal` survives a crash of the process, `full` also a loss of power, at ten times the latency of a write.",
    ),
  xds: z
    .strictObject({
      address: addressPort("127.0.0.1:18000", "Where proxies connect: ADS, LRS, ALS (gRPC)."),
      tls: xdsTlsSchema.optional(),
    })
    .prefault({}),
  api: z.strictObject({ address: addressPort("127.0.0.1:18080", "REST API.") }).prefault({}),
  diagnostics: z.strictObject({ address: addressPort("127.0.0.1:18081", "/livez, /readyz, /metrics.") }).prefault({}),
  listener: z
    .strictObject({
      address: z
        .string()
        .refine((text) => isIP(text) !== 0, "must be an IP address")
        .default("127.0.0.1")
        .describe("IP address on which Envoy listens for requests (mode A)."),
      port: z.int().min(1).max(65_535).default(10_000).describe("Port of that listener."),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error", "silent"])
        .default("info")
        .describe("Least severity that is logged."),
    })
    .prefault({}),
  limits: z
    .strictObject({
      services: z.int().min(1).max(100_000).default(5_000).describe("Most services."),
      instances: z.int().min(1).max(1_000_000).default(100_000).describe("Most instances of all services."),
      routes: z.int().min(1).max(10_000).default(1_000).describe("Most routes."),
      instancesPerService: z.int().min(1).max(100_000).default(10_000).describe("Most instances of one service."),
      probes: z
        .int()
        .min(1)
        .max(10_000)
        .default(256)
        .describe("Most health probes under way at a time; the others wait, which is counted."),
    })
    .prefault({}),
  signals: z
    .strictObject({
      accessLogSamplePercent: z
        .number()
        .min(0)
        .max(100)
        .default(0)
        .describe(
          "Part of all attempts that the gateways of mode A tell one by one (ALS), for percentiles of latency; 0 = none.",
        ),
    })
    .prefault({}),
  control: controlSettingsSchema.prefault({}),
  ...manifestSchema.shape,
});

export type Config = z.output<typeof configSchema>;
