// Who is at the other end. Sent with the first request only, and kept: a node that changes later is ignored.
import type { Node } from "../gen/envoy/config/core/v3/base.js";
import type { XdsLimits } from "./limits.js";
import { invalidArgument, resourceExhausted } from "./stream-error.js";

export interface NodeInfo {
  readonly id: string;
  readonly cluster: string;
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string };
  /** JSON object as the client sent it; untrusted. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** e.g. `envoy`. */
  readonly userAgentName: string;
  /** e.g. `1.40.0`; empty when the client does not say. */
  readonly userAgentVersion: string;
  readonly clientFeatures: readonly string[];
}

/** @throws StreamError INVALID_ARGUMENT without an id, RESOURCE_EXHAUSTED beyond the limits. */
export function nodeInfo(node: Node | undefined, limits: XdsLimits): NodeInfo {
  if (node === undefined || node.id === "") throw invalidArgument("the first request needs a node with an id");
  const tooLong = [node.id, node.cluster, node.userAgentName].some(
    (text) => Buffer.byteLength(text) > limits.maxNameBytes,
  );
  if (tooLong) throw resourceExhausted(`node id, cluster or user agent longer than ${limits.maxNameBytes} bytes`);
  const metadata = node.metadata ?? {};
  if (JSON.stringify(metadata).length > limits.maxNodeMetadataBytes) {
    throw resourceExhausted(`node metadata larger than ${limits.maxNodeMetadataBytes} bytes`);
  }
  const { region = "", zone = "", subZone = "" } = node.locality ?? {};
  return {
    id: node.id,
    cluster: node.cluster,
    locality: { region, zone, subZone },
    metadata,
    userAgentName: node.userAgentName,
    userAgentVersion: userAgentVersion(node).slice(0, limits.maxNameBytes),
    clientFeatures: node.clientFeatures.slice(0, 64).map((feature) => feature.slice(0, limits.maxNameBytes)),
  };
}

function userAgentVersion({ userAgentVersionType: version }: Node): string {
  if (version === undefined) return "";
  if (version.$case === "userAgentVersion") return version.value;
  const { majorNumber = 0, minorNumber = 0, patch = 0 } = version.value.version ?? {};
  return `${majorNumber}.${minorNumber}.${patch}`;
}
