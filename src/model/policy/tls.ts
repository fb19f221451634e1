// TLS from the proxies to the instances. Certificates are PEM texts and reach the proxies over SDS.
import { z } from "zod";

/** Stands for a key that is kept and not shown. */
export const REDACTED = "(redacted)";

const MAX_PEM_CHARS = 65_536;
const pem = (description: string) => z.string().min(1).max(MAX_PEM_CHARS).describe(description);

export const tlsSchema = z
  .strictObject({
    ca: pem("Certificates of the authorities that sign the instances', PEM."),
    sans: z
      .array(z.string().min(1).max(253))
      .max(32)
      .default([])
      .describe(
        "Subject alternative names, DNS, IP or URI, of which an instance's certificate must have one. Empty: any.",
      ),
    sni: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,253}$/, "must be a DNS name")
      .optional()
      .describe("Server name to ask for. Default: none."),
    clientCertificate: z
      .strictObject({
        certificate: pem("Chain of the proxies' own certificate, PEM."),
        privateKey: pem(`Its key, PEM. Never shown again; \`${REDACTED}\` keeps the present one.`),
      })
      .optional()
      .describe("What the proxies show of themselves. Default: nothing."),
  })
  .describe("TLS to the instances. Default: plaintext.");

export type Tls = z.output<typeof tlsSchema>;
