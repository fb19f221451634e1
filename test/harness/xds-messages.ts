// Discovery messages as tests see them: one shape for both variants, resources by name.
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import {
  DeltaDiscoveryResponse,
  DiscoveryResponse,
  Resource,
} from "../../src/gen/envoy/service/discovery/v3/discovery.js";
import type { Any } from "../../src/gen/google/protobuf/any.js";

export type XdsVariant = "sotw" | "delta";

export interface XdsResponse {
  readonly typeUrl: string;
  readonly nonce: string;
  /** `version_info` or `system_version_info`. */
  readonly versionInfo: string;
  /** Names in the order of the wire. */
  readonly names: readonly string[];
  readonly resources: ReadonlyMap<string, Buffer>;
  /** Version per resource; delta only. */
  readonly versions: ReadonlyMap<string, string>;
  /** Delta only. */
  readonly removed: readonly string[];
  /** Milliseconds, of resources that have one. */
  readonly ttlsMs: ReadonlyMap<string, number>;
  /** Names without content: what the client holds is confirmed. */
  readonly heartbeats: readonly string[];
  readonly bytes: number;
}

/** A message whose field 1 is its name, as in every xDS resource, with any content beside it. */
export function namedBytes(name: string, content: string): Uint8Array {
  return new BinaryWriter().uint32(10).string(name).uint32(122).string(content).finish();
}

/** Content of a message made by `namedBytes`. */
export function contentOf(bytes: Uint8Array): string {
  return stringField(bytes, 15);
}

/** Name of any xDS resource: they all keep it in field 1. */
function nameOf(bytes: Uint8Array): string {
  return stringField(bytes, 1);
}

export function decodeResponse(variant: XdsVariant, bytes: Buffer): XdsResponse {
  if (variant === "sotw") {
    const { typeUrl, nonce, versionInfo, resources } = DiscoveryResponse.decode(bytes);
    const wire = resources.map((any) => unwrapped(typeUrl, any));
    return response({ typeUrl, nonce, versionInfo, wire, versions: new Map(), removed: [], bytes: bytes.length });
  }
  const message = DeltaDiscoveryResponse.decode(bytes);
  const { typeUrl, nonce, systemVersionInfo: versionInfo, resources: wire, removedResources: removed } = message;
  const versions = new Map(wire.map(({ name, version }) => [name, version]));
  return response({ typeUrl, nonce, versionInfo, wire, versions, removed, bytes: bytes.length });
}

const WRAPPED = "type.googleapis.com/envoy.service.discovery.v3.Resource";

/** State of the world carries resources bare, or wrapped when they have a TTL. */
function unwrapped(typeUrl: string, any: Any): Resource {
  if (any.typeUrl === WRAPPED) return Resource.decode(any.value);
  if (any.typeUrl !== typeUrl) throw new Error(`${any.typeUrl} in a response of ${typeUrl}`);
  return Resource.create({ name: nameOf(any.value), resource: any });
}

function response({
  wire,
  ...rest
}: Omit<XdsResponse, "names" | "resources" | "ttlsMs" | "heartbeats"> & {
  readonly wire: readonly Resource[];
}): XdsResponse {
  const names = wire.map(({ name }) => name);
  const resources = new Map(wire.map(({ name, resource }) => [name, resource?.value ?? Buffer.alloc(0)]));
  // Real clients refuse such a response, so no test may pass with one.
  if (resources.size < names.length) throw new Error(`a name twice in one response: ${names.join(", ")}`);
  const ttlsMs = new Map<string, number>();
  for (const { name, ttl } of wire) if (ttl) ttlsMs.set(name, Number(ttl.seconds) * 1_000 + ttl.nanos / 1_000_000);
  const heartbeats = wire.filter(({ resource }) => !resource).map(({ name }) => name);
  return { ...rest, names, resources, ttlsMs, heartbeats };
}

function stringField(bytes: Uint8Array, wanted: number): string {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted) return reader.string();
    reader.skip(wireType);
  }
  return "";
}
