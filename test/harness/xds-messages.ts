// Discovery messages as tests see them: one shape for both variants, resources by name.
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { DeltaDiscoveryResponse, DiscoveryResponse } from "../../src/gen/envoy/service/discovery/v3/discovery.js";

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
    for (const any of resources)
      if (any.typeUrl !== typeUrl) throw new Error(`${any.typeUrl} in a response of ${typeUrl}`);
    const named = resources.map(({ value }) => [nameOf(value), value] as const);
    return response({ typeUrl, nonce, versionInfo, named, versions: new Map(), removed: [], bytes: bytes.length });
  }
  const {
    typeUrl,
    nonce,
    systemVersionInfo: versionInfo,
    resources,
    removedResources: removed,
  } = DeltaDiscoveryResponse.decode(bytes);
  const named = resources.map(({ name, resource }) => [name, resource?.value ?? Buffer.alloc(0)] as const);
  const versions = new Map(resources.map(({ name, version }) => [name, version]));
  return response({ typeUrl, nonce, versionInfo, named, versions, removed, bytes: bytes.length });
}

function response({
  named,
  ...rest
}: Omit<XdsResponse, "names" | "resources"> & { readonly named: readonly (readonly [string, Buffer])[] }): XdsResponse {
  const names = named.map(([name]) => name);
  const resources = new Map(named);
  // Real clients refuse such a response, so no test may pass with one.
  if (resources.size < names.length) throw new Error(`a name twice in one response: ${names.join(", ")}`);
  return { ...rest, names, resources };
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
