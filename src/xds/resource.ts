// One xDS resource as the engine sees it: identity, bytes, version. Immutable: changed content is a new object, which is
// what lets frames be memoised by it.
import { contentVersion, fingerprint } from "./content-hash.js";

export interface ResourceId {
  /** e.g. `type.googleapis.com/envoy.config.cluster.v3.Cluster`. */
  readonly typeUrl: string;
  readonly name: string;
}

/** A message that encodes itself, once, when it enters the cache. */
export interface EncodableMessage {
  encode(): Uint8Array;
}

/** The part of a generated codec that is needed to encode. */
export interface MessageCodec<T> {
  encode(message: T): { finish(): Uint8Array };
}

/** Binds a message to its generated codec: `message: messageOf(Cluster, cluster)`. */
export function messageOf<T>(codec: MessageCodec<T>, message: T): EncodableMessage {
  return { encode: () => codec.encode(message).finish() };
}

export type ResourceContent = {
  readonly name: string;
  /**
   * What the resource needs before a client can use it: a Cluster its ClusterLoadAssignment, a Listener its
   * RouteConfiguration, a RouteConfiguration its Clusters. When the resource is sent changed, subscribed references to
   * types that come later on the wire are sent again after it.
   */
  readonly refs?: readonly ResourceId[];
  /**
   * Clients that understand TTLs drop the resource when they have not heard of it for so long: for what must not outlive
   * this server. Whole milliseconds, > 0. Default: none.
   */
  readonly ttlMs?: number;
} & (
  | {
      /** The encoded message (the value of the Any). Owned by the cache from here on: never change it. */
      readonly bytes: Uint8Array;
      readonly message?: never;
    }
  | { readonly message: EncodableMessage; readonly bytes?: never }
);

export type ResourceInput = ResourceContent & { readonly typeUrl: string };

/** Do resources of equal content have the same references too? */
export const sameRefs = ({ refs: a }: Resource, { refs: b }: Resource): boolean =>
  a.length === b.length && a.every((ref, index) => ref.typeUrl === b[index]?.typeUrl && ref.name === b[index]?.name);

export class Resource implements ResourceId {
  readonly typeUrl: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly refs: readonly ResourceId[];
  readonly ttlMs: number | undefined;
  /** Hash of the bytes, and the TTL if there is one: a client cannot say which TTL it was given for the content it holds. */
  readonly version: string;
  /** `version_info` which the caller pinned for the whole type. */
  readonly typeVersion: string | undefined;
  /** Equal stamps need no new state-of-the-world response: content and pinned version are the same. */
  readonly stamp: string;
  readonly fingerprint: bigint;

  constructor(input: ResourceInput, typeVersion?: string) {
    this.typeUrl = input.typeUrl;
    this.name = input.name;
    this.bytes = input.bytes ?? input.message.encode();
    this.refs = input.refs ?? [];
    this.ttlMs = input.ttlMs;
    const hash = contentVersion(this.bytes);
    this.version = input.ttlMs === undefined ? hash : `${hash}-${input.ttlMs}`;
    this.typeVersion = typeVersion;
    this.stamp = typeVersion === undefined ? this.version : `${this.version}@${typeVersion}`;
    this.fingerprint = fingerprint(this.name, this.version);
  }
}
