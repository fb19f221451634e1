import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { Node } from "../../../src/gen/envoy/config/core/v3/base.js";
import { DeltaDiscoveryRequest, DiscoveryRequest } from "../../../src/gen/envoy/service/discovery/v3/discovery.js";
import { DEFAULT_LIMITS, StreamError } from "../../../src/xds/index.js";
import { nodeInfo } from "../../../src/xds/node.js";
import { refusalText, secretRefusalText } from "../../../src/xds/refusal-text.js";
import { decodeDelta, decodeSotw } from "../../../src/xds/wire-requests.js";

const context = { onlyType: undefined, limits: DEFAULT_LIMITS, wallMs: 5 };
const typeUrl = "t";
const sotw = (fields: Parameters<typeof DiscoveryRequest.create>[0]): Uint8Array =>
  DiscoveryRequest.encode(DiscoveryRequest.create(fields)).finish();
const delta = (fields: Parameters<typeof DeltaDiscoveryRequest.create>[0]): Uint8Array =>
  DeltaDiscoveryRequest.encode(DeltaDiscoveryRequest.create(fields)).finish();

function codeOf(task: () => unknown): string {
  try {
    task();
  } catch (error) {
    if (error instanceof StreamError) return status[error.code];
    throw error;
  }
  return "none";
}

describe("requests", () => {
  const many = Array.from({ length: 10_001 }, (_, index) => `n${index}`);
  const long = "x".repeat(513);
  const wide = "€".repeat(171); // 513 bytes in 171 characters

  test.each([
    ["10,001 names", () => decodeSotw(sotw({ typeUrl, resourceNames: many }), context)],
    ["a long name", () => decodeSotw(sotw({ typeUrl, resourceNames: [long] }), context)],
    ["a wide name", () => decodeSotw(sotw({ typeUrl, resourceNames: [wide] }), context)],
    ["a long type", () => decodeSotw(sotw({ typeUrl: long }), context)],
    ["too many bytes", () => decodeSotw(sotw({ typeUrl, versionInfo: "x".repeat(1 << 20) }), context)],
    ["delta: 10,001 subscribed", () => decodeDelta(delta({ typeUrl, resourceNamesSubscribe: many }), context)],
    ["delta: 10,001 unsubscribed", () => decodeDelta(delta({ typeUrl, resourceNamesUnsubscribe: many }), context)],
    [
      "delta: 10,001 versions",
      () =>
        decodeDelta(
          delta({ typeUrl, initialResourceVersions: Object.fromEntries(many.map((n) => [n, "1"])) }),
          context,
        ),
    ],
    ["delta: a long version", () => decodeDelta(delta({ typeUrl, initialResourceVersions: { a: long } }), context)],
  ])("RESOURCE_EXHAUSTED: %s", (_, task) => expect(codeOf(task)).toBe("RESOURCE_EXHAUSTED"));

  test.each([
    ["not protobuf", () => decodeSotw(Buffer.from([0x0a, 0xff, 0x01]), context)],
    ["truncated", () => decodeDelta(delta({ typeUrl, resourceNamesSubscribe: ["abc"] }).subarray(0, -1), context)],
    ["no type", () => decodeSotw(sotw({ resourceNames: ["a"] }), context)],
    ["a foreign type", () => decodeSotw(sotw({ typeUrl: "u" }), { ...context, onlyType: "t" })],
  ])("INVALID_ARGUMENT: %s", (_, task) => expect(codeOf(task)).toBe("INVALID_ARGUMENT"));

  test("at the limit all is well", () => {
    const { request } = decodeSotw(sotw({ typeUrl, resourceNames: [...many.slice(2), "x".repeat(512)] }), context);
    expect(request.names).toHaveLength(10_000);
    expect(decodeDelta(delta({}), { ...context, onlyType: "t" }).request.typeUrl).toBe("t");
  });

  test("an error makes a NACK, its code 0 is none", () => {
    const { request } = decodeSotw(sotw({ typeUrl, errorDetail: { code: 0, message: "no\n\u0007" } }), context);
    expect(request.error).toEqual({ message: "no ", atMs: 5 });
    expect(decodeSotw(sotw({ typeUrl }), context).request.error).toBeUndefined();
  });
});

describe("refusalText", () => {
  test("keeps the end of a validation error and drops the dump before it", () => {
    const end = "Proto constraint validation failed (ClusterLoadAssignmentValidationError.ClusterName: too short)";
    expect(refusalText(`goo.gle/debugstr ${"dump ".repeat(5_000)}: ${end}`)).toBe(`…${end}`);
  });

  test("keeps short texts whole, and of long ones the last kilobyte, cut between characters", () => {
    expect(refusalText("plain")).toBe("plain");
    const kept = refusalText(`${"ä".repeat(4_000)}end`);
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(1024);
    expect(kept).toMatch(/^…ä+end$/u);
  });

  test("quotes nothing of a refused secret but the verdict", () => {
    const end = "Proto constraint validation failed (TlsCertificateValidationError.X: bad)";
    const dump = `goo.gle/debugstr private_key { inline_string: "-----BEGIN PRIVATE KEY-----abc" }: ${end}`;
    expect(secretRefusalText(dump)).toBe(`…${end}`);
    expect(secretRefusalText('secret { inline_bytes: "abc" }')).not.toContain("abc");
    expect(secretRefusalText("Failed to load certificate chain from <inline>")).toMatch(/^Failed to load/);
    const errorDetail = { code: 3, message: `x PRIVATE KEY ${"abc".repeat(10)}`, details: [] };
    const secret = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
    const read = decodeDelta(delta({ typeUrl: secret, responseNonce: "1", errorDetail }), context);
    expect(read.request.error?.message).not.toContain("abc");
  });

  test("lets no control character or lone surrogate through", () => {
    expect(refusalText("a\r\nb\u001b[31mc\ud800d")).toBe("a b [31mc d");
  });
});

describe("nodeInfo", () => {
  test("reads what is shown", () => {
    const version = { version: { majorNumber: 1, minorNumber: 40, patch: 0 }, metadata: undefined };
    const node = Node.create({
      id: "n",
      cluster: "edge",
      metadata: { role: "gateway" },
      locality: { region: "r", zone: "z" },
      userAgentName: "envoy",
      userAgentVersionType: { $case: "userAgentBuildVersion", value: version },
    });
    expect(nodeInfo(node, DEFAULT_LIMITS)).toMatchObject({
      id: "n",
      cluster: "edge",
      metadata: { role: "gateway" },
      locality: { region: "r", zone: "z", subZone: "" },
      userAgentName: "envoy",
      userAgentVersion: "1.40.0",
    });
  });

  test.each([
    ["INVALID_ARGUMENT", undefined],
    ["INVALID_ARGUMENT", Node.create({ cluster: "edge" })],
    ["RESOURCE_EXHAUSTED", Node.create({ id: "x".repeat(513) })],
    ["RESOURCE_EXHAUSTED", Node.create({ id: "n", metadata: { big: "x".repeat(65_536) } })],
  ])("%s", (code, node) => expect(codeOf(() => nodeInfo(node, DEFAULT_LIMITS))).toBe(code));
});
