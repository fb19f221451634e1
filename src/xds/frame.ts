// Responses as gRPC frames: encoded once, shared by every stream with the same answer. The nonce is part of the frame and
// comes from one counter for all streams, which is legal since a nonce is opaque; a stream that must not see a nonce twice
// asks for one above its own floor, and the fresh frame then serves those who come after it.
import type { Draft } from "./draft.js";
import type { Resource } from "./resource.js";
import { ruleOf } from "./type-rules.js";
import { fieldSize, messageFieldSize, WireWriter } from "./wire-writer.js";

const GRPC_HEADER_BYTES = 5;

export type Variant = "sotw" | "delta";

export interface Frame {
  /** Grows by one with every frame that is made; on the wire as decimal text. */
  readonly nonce: number;
  readonly nonceText: string;
  /** gRPC length prefix and message. */
  readonly framed: Buffer;
  /** The message alone, a view of `framed`. */
  readonly message: Buffer;
}

/** The answer that holds one resource, as all streams that get it share it. */
export interface SingleFrame {
  readonly frame: Frame;
  /** Dependents are all that the resource refers to. */
  readonly draft: Draft;
  readonly resources: readonly [Resource];
}

export interface FrameSpec {
  readonly variant: Variant;
  readonly typeUrl: string;
  readonly versionInfo: string;
  readonly resources: readonly Resource[];
  /** Delta only. */
  readonly removed: readonly string[];
}

const sameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a === b || (a.length === b.length && a.every((item, index) => item === b[index]));

/** A frame with what it holds, so that the next stream with the same answer can take it. */
interface MemoisedFrame extends FrameSpec {
  readonly frame: Frame;
}

export class FrameFactory {
  #nonce = 0;
  /** Frames of several resources or none, newest last. Few and bounded: no stream may need them ever again. */
  readonly #recent: MemoisedFrame[] = [];
  #recentBytes = 0;
  /** Newest frame of one resource; goes when the resource goes. */
  readonly #singles: Record<Variant, WeakMap<Resource, SingleFrame>> = { sotw: new WeakMap(), delta: new WeakMap() };

  /** The shared frame of this answer if its nonce is above `floor`, else a fresh one. */
  frame(spec: FrameSpec, floor: number): Frame {
    const memo = this.#recent.findLast((recent) => recent.frame.nonce > floor && matches(recent, spec));
    if (memo) return memo.frame;
    const frame = encode(spec, ++this.#nonce);
    this.#recent.push({ ...spec, frame });
    this.#recentBytes += frame.framed.length;
    while (this.#recent.length > MAX_RECENT || (this.#recentBytes > MAX_RECENT_BYTES && this.#recent.length > 1)) {
      this.#recentBytes -= this.#recent.shift()?.frame.framed.length ?? 0;
    }
    return frame;
  }

  /** As `frame`, of one resource: what thousands of streams ask for is made once, down to the objects around it. */
  single(variant: Variant, resource: Resource, versionInfo: string, floor: number): SingleFrame {
    const memo = this.#singles[variant].get(resource);
    if (memo && memo.frame.nonce > floor && memo.draft.versionInfo === versionInfo) return memo;
    const resources = [resource] as const;
    const { typeUrl } = resource;
    const frame = encode({ variant, typeUrl, versionInfo, resources, removed: NOTHING }, ++this.#nonce);
    const single: SingleFrame = { frame, draft: draftOf(frame, { typeUrl, versionInfo, resources }), resources };
    this.#singles[variant].set(resource, single);
    return single;
  }

  /** A frame of its own around a message that `encodeMessage` makes, with a nonce that no frame has. */
  fresh(encodeMessage: (nonce: string) => Uint8Array): Frame {
    const nonce = ++this.#nonce;
    const content = encodeMessage(String(nonce));
    const framed = Buffer.allocUnsafe(GRPC_HEADER_BYTES + content.length);
    framed[0] = 0;
    framed.writeUInt32BE(content.length, 1);
    framed.set(content, GRPC_HEADER_BYTES);
    return { nonce, nonceText: String(nonce), framed, message: framed.subarray(GRPC_HEADER_BYTES) };
  }
}

const NOTHING: readonly never[] = [];
const MAX_RECENT = 16;
const MAX_RECENT_BYTES = 32 << 20;

/** What a stream is to write; `dependents` are the references of the resources, unless they are given. */
export function draftOf(
  { nonceText, framed, message }: Frame,
  {
    typeUrl,
    versionInfo,
    resources,
    removed = 0,
    dependents,
  }: {
    readonly typeUrl: string;
    readonly versionInfo: string;
    readonly resources: readonly Resource[];
    readonly removed?: number;
    readonly dependents?: Draft["dependents"];
  },
): Draft {
  return {
    typeUrl,
    label: ruleOf(typeUrl).label,
    nonce: nonceText,
    versionInfo,
    resources: resources.length,
    removed,
    framed,
    message,
    dependents: dependents ?? resources.flatMap(({ refs }) => refs),
  };
}

function matches(memo: MemoisedFrame, spec: FrameSpec): boolean {
  return (
    memo.variant === spec.variant &&
    memo.typeUrl === spec.typeUrl &&
    memo.versionInfo === spec.versionInfo &&
    sameList(memo.resources, spec.resources) &&
    sameList(memo.removed, spec.removed)
  );
}

const utf8 = (value: string): number => Buffer.byteLength(value);

/** Field numbers of DiscoveryResponse and DeltaDiscoveryResponse; 1, 2, 4 and 5 are the same in both. */
const RESPONSE = { versionInfo: 1, resources: 2, typeUrl: 4, nonce: 5, removedResources: 6 } as const;
const RESOURCE = { version: 1, any: 2, name: 3 } as const;
const ANY = { typeUrl: 1, value: 2 } as const;

function encode(spec: FrameSpec, nonce: number): Frame {
  const nonceText = String(nonce);
  const typeUrlBytes = utf8(spec.typeUrl);
  const versionBytes = utf8(spec.versionInfo);
  const removedBytes = spec.removed.map(utf8);
  const anySizes = spec.resources.map(({ bytes }) => fieldSize(typeUrlBytes) + fieldSize(bytes.length));
  const resourceSizes =
    spec.variant === "sotw"
      ? anySizes
      : spec.resources.map(
          ({ name, version }, index) =>
            fieldSize(utf8(version)) + messageFieldSize(anySizes[index] ?? 0) + fieldSize(utf8(name)),
        );
  let messageBytes = fieldSize(versionBytes) + fieldSize(typeUrlBytes) + fieldSize(nonceText.length);
  for (const size of resourceSizes) messageBytes += messageFieldSize(size);
  for (const size of removedBytes) messageBytes += messageFieldSize(size);

  const writer = new WireWriter(GRPC_HEADER_BYTES + messageBytes, GRPC_HEADER_BYTES);
  writer.buffer.writeUInt8(0, 0);
  writer.buffer.writeUInt32BE(messageBytes, 1);
  writer.text(RESPONSE.versionInfo, spec.versionInfo, versionBytes);
  spec.resources.forEach((resource, index) => {
    writer.open(RESPONSE.resources, resourceSizes[index] ?? 0);
    if (spec.variant === "delta") {
      writer.text(RESOURCE.version, resource.version, utf8(resource.version));
      writer.open(RESOURCE.any, anySizes[index] ?? 0);
    }
    writer.text(ANY.typeUrl, spec.typeUrl, typeUrlBytes);
    writer.bytes(ANY.value, resource.bytes);
    if (spec.variant === "delta") writer.text(RESOURCE.name, resource.name, utf8(resource.name));
  });
  writer.text(RESPONSE.typeUrl, spec.typeUrl, typeUrlBytes);
  writer.text(RESPONSE.nonce, nonceText, nonceText.length);
  spec.removed.forEach((name, index) => {
    writer.open(RESPONSE.removedResources, removedBytes[index] ?? 0);
    writer.content(name);
  });
  return { nonce, nonceText, framed: writer.buffer, message: writer.buffer.subarray(GRPC_HEADER_BYTES) };
}
