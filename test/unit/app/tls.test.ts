import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { NodeAccess } from "../../../src/app/tls/node-access.js";
import { spiffeIdOf } from "../../../src/app/tls/spiffe-id.js";
import { xdsTlsSchema } from "../../../src/app/tls/xds-tls-schema.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { testAuthority } from "../../harness/certificates.js";
import { MetricRecorder } from "../../harness/metric-recorder.js";

const authority = testAuthority();

describe("the SPIFFE id of a certificate", () => {
  const of = async (...names: { type: "url" | "dns"; value: string }[]) =>
    spiffeIdOf(new X509Certificate((await (await authority).issue(...names)).certificate))?.uri;

  it("is its one URI, whatever DNS names are beside it", async () => {
    const names = [
      { type: "dns", value: "a.example" },
      { type: "url", value: "spiffe://prod.example/ns/edge/sa/envoy" },
    ] as const;
    expect(await of(...names)).toBe("spiffe://prod.example/ns/edge/sa/envoy");
  });

  it.each([
    ["no alternative name", []],
    ["a DNS name only", [{ type: "dns", value: "spiffe" }]],
    [
      "two URIs",
      [
        { type: "url", value: "spiffe://prod/a" },
        { type: "url", value: "spiffe://prod/b" },
      ],
    ],
    ["another scheme", [{ type: "url", value: "https://prod/a" }]],
    ["a path that climbs", [{ type: "url", value: "spiffe://prod/a/../b" }]],
    ["an empty segment", [{ type: "url", value: "spiffe://prod//b" }]],
    ["a user", [{ type: "url", value: "spiffe://me@prod/b" }]],
    ["a query", [{ type: "url", value: "spiffe://prod/b?c" }]],
  ] as const)("is none with %s", async (_, names) => {
    expect(await of(...names)).toBeUndefined();
  });

  it("is not read out of the middle of another name", () => {
    const subjectAltName = 'DNS:"x, URI:spiffe://prod/admin, y", URI:spiffe://prod/me';
    expect(spiffeIdOf({ subjectAltName })?.uri).toBe("spiffe://prod/me");
    expect(spiffeIdOf({ subjectAltName: 'DNS:"x, URI:spiffe://prod/admin, y"' })).toBeUndefined();
  });
});

describe("which node a client may be", () => {
  const metrics = new MetricRecorder();
  const access = new NodeAccess({
    rules: [
      { principal: "spiffe://prod/ns/*/sa/envoy", nodeId: "edge-*" },
      { principal: "spiffe://prod/ns/batch/sa/job", nodeId: "batch.1" },
    ],
    metrics,
    logger: silentLogger,
  });
  const may = async (id: string, node: string): Promise<boolean> => {
    const { certificate } = await (await authority).issue({ type: "url", value: id });
    return access.refusal("xds", node, new X509Certificate(certificate).raw) === undefined;
  };

  it.each([
    ["spiffe://prod/ns/a/sa/envoy", "edge-1", true],
    ["spiffe://prod/ns/a/sa/envoy", "edge-", true],
    ["spiffe://prod/ns/a/sa/envoy", "my-edge-1", false],
    ["spiffe://prod/ns/a/b/sa/envoy", "edge-1", false],
    ["spiffe://prod/ns/a/sa/envoy2", "edge-1", false],
    ["spiffe://prod/ns/batch/sa/job", "batch.1", true],
    ["spiffe://prod/ns/batch/sa/job", "batchX1", false],
    ["spiffe://other/ns/a/sa/envoy", "edge-1", false],
  ])("%s as %s: %p", async (id, node, expected) => {
    expect(await may(id, node)).toBe(expected);
  });

  it("is none for a client without certificate, and that is counted by reason", async () => {
    expect(access.refusal("lrs", "edge-1", undefined)).toBeDefined();
    expect(metrics.get("steelyard_xds_nodes_refused_total lrs principal")).toBe(1);
    expect(metrics.get("steelyard_xds_nodes_refused_total xds node_id")).toBe(2);
    expect(metrics.get("steelyard_xds_nodes_refused_total xds principal")).toBe(3);
  });
});

it("identities are of no use without authorities to check them", () => {
  const files = { certFile: "c", keyFile: "k" };
  expect(xdsTlsSchema.safeParse({ ...files, trustDomain: "prod" }).success).toBe(false);
  expect(xdsTlsSchema.safeParse({ ...files, clientCaFile: "ca", trustDomain: "prod" }).success).toBe(true);
  expect(xdsTlsSchema.safeParse({ ...files, clientCaFile: "ca", trustDomain: "PROD" }).success).toBe(false);
});
