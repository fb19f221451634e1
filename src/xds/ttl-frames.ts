// Frames for clients that understand TTLs. Resources with a TTL are rare (fault injection that must end when the server
// is gone), so these are encoded per stream by the generated codec; all others are the shared frames of the factory.
import {
  DeltaDiscoveryResponse,
  DiscoveryResponse,
  Resource as WireResource,
} from "../gen/envoy/service/discovery/v3/discovery.js";
import { draftOf, type Frame, type FrameFactory, type FrameSpec, type SingleFrame, type Variant } from "./frame.js";
import type { Resource } from "./resource.js";

/** What a channel needs to frame its responses. */
export type Framing = Pick<FrameFactory, "frame" | "single">;

const WRAPPED = "type.googleapis.com/envoy.service.discovery.v3.Resource";

export class TtlFrames implements Framing {
  readonly #factory: FrameFactory;

  constructor(factory: FrameFactory) {
    this.#factory = factory;
  }

  frame(spec: FrameSpec, floor: number): Frame {
    if (spec.resources.every(({ ttlMs }) => ttlMs === undefined)) return this.#factory.frame(spec, floor);
    return this.#factory.fresh((nonce) => encode(spec, nonce, true));
  }

  single(variant: Variant, resource: Resource, versionInfo: string, floor: number): SingleFrame {
    if (resource.ttlMs === undefined) return this.#factory.single(variant, resource, versionInfo, floor);
    const { typeUrl } = resource;
    const resources = [resource] as const;
    const frame = this.frame({ variant, typeUrl, versionInfo, resources, removed: [] }, floor);
    return { frame, draft: draftOf(frame, { typeUrl, versionInfo, resources }), resources };
  }

  /** Confirms the resources of `spec`, whose content the client holds. */
  heartbeat(spec: FrameSpec): Frame {
    return this.#factory.fresh((nonce) => encode(spec, nonce, false));
  }
}

function encode(spec: FrameSpec, nonce: string, withContent: boolean): Uint8Array {
  const { typeUrl, versionInfo } = spec;
  const resources = spec.resources.map((resource) => wireResource(resource, withContent));
  if (spec.variant === "delta") {
    const removedResources = [...spec.removed];
    return DeltaDiscoveryResponse.encode(
      DeltaDiscoveryResponse.create({ typeUrl, systemVersionInfo: versionInfo, nonce, resources, removedResources }),
    ).finish();
  }
  const anys = spec.resources.map(({ ttlMs, bytes }, index) => {
    const wire = resources[index];
    if (ttlMs === undefined || !wire) return { typeUrl, value: Buffer.from(bytes) };
    return { typeUrl: WRAPPED, value: Buffer.from(WireResource.encode(wire).finish()) };
  });
  return DiscoveryResponse.encode(DiscoveryResponse.create({ typeUrl, versionInfo, nonce, resources: anys })).finish();
}

function wireResource({ typeUrl, name, version, ttlMs, bytes }: Resource, withContent: boolean): WireResource {
  return WireResource.create({
    name,
    version,
    ...(withContent && { resource: { typeUrl, value: Buffer.from(bytes) } }),
    ...(ttlMs !== undefined && {
      ttl: { seconds: BigInt(Math.floor(ttlMs / 1_000)), nanos: (ttlMs % 1_000) * 1_000_000 },
    }),
  });
}
