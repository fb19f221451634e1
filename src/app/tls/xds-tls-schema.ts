// TLS of the port for data planes: the server's own certificate, whose clients are let in, and which node ids each may use.
import { z } from "zod";

const file = (description: string) => z.string().min(1).max(4_096).describe(description);

/** `*` stands for any text within one segment of the path, so that no id can reach over a slash. */
const principalPattern = z
  .string()
  .max(2_048)
  .regex(/^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._*-]+)*$/, "must be a SPIFFE id, with * for parts of its path");

const nodeRule = z.strictObject({
  principal: principalPattern.describe("SPIFFE id of a client; `*` = any text without a slash."),
  nodeId: z.string().min(1).max(256).describe("Node ids that it may use; `*` = any text."),
});

export type NodeRule = z.output<typeof nodeRule>;

export const xdsTlsSchema = z
  .strictObject({
    certFile: file("Chain of the server's certificate, PEM. Read again when it changes; streams stay open."),
    keyFile: file("Its private key, PEM."),
    clientCaFile: file(
      "Authorities that sign the clients' certificates, PEM. With it every client must show one, and the address may be beyond loopback.",
    ).optional(),
    trustDomain: z
      .string()
      .regex(/^[a-z0-9._-]{1,255}$/, "must be a SPIFFE trust domain: lower case letters, digits, . _ -")
      .optional()
      .describe("SPIFFE trust domain that a client's id must be of. Its id is the one URI of its certificate."),
    nodes: z
      .array(nodeRule)
      .min(1)
      .max(1_000)
      .optional()
      .describe(
        'Which node ids a client may use: `[{"principal": "spiffe://prod/ns/*/sa/envoy", "nodeId": "edge-*"}, …]`. What no rule allows ends with PERMISSION_DENIED. Default: any.',
      ),
  })
  .superRefine(({ clientCaFile, trustDomain, nodes }, context) => {
    if (clientCaFile !== undefined || (trustDomain === undefined && nodes === undefined)) return;
    context.addIssue({
      code: "custom",
      path: ["clientCaFile"],
      message: "is needed for trustDomain and nodes: without it clients show no certificate",
    });
  });

export type XdsTls = z.output<typeof xdsTlsSchema>;
