// What the proxies speak to the instances.
import { z } from "zod";

export const protocolSchema = z
  .union([
    z.enum(["http1", "http2", "tcp"]),
    z.strictObject({
      tcp: z.strictObject({
        port: z.int().min(1).max(65_535).describe("Port of a listener of its own on every proxy in mode A."),
      }),
    }),
  ])
  .default("http1")
  .describe(
    "What Envoy speaks to the instances. `tcp`: connections are passed on as they are; with `{tcp: {port}}` Envoy listens there, for nothing in a connection tells services apart.",
  );
