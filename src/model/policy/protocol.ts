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

type Protocol = z.output<typeof protocolSchema>;

/** Whether connections are passed on as they are. */
export function isTcp({ protocol }: { readonly protocol: Protocol }): boolean {
  return protocol === "tcp" || typeof protocol === "object";
}

/** Of a listener of its own. */
export function tcpPortOf({ protocol }: { readonly protocol: Protocol }): number | undefined {
  return typeof protocol === "object" ? protocol.tcp.port : undefined;
}
