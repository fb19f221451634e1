// Hooks for whoever embeds the engine. All are synchronous and must not throw, except where a refusal is named: a thrown
// StreamError ends that stream with its status.
import type { NodeInfo } from "./node.js";
import type { RefusalError } from "./request.js";

/** The other end of a connection. */
export interface Peer {
  /** Address. */
  readonly peer: string;
  /** The client's certificate as TLS has verified it, DER; undefined in plaintext, over REST, or when it has shown none. */
  readonly certificate: Uint8Array | undefined;
}

export interface StreamInfo {
  /** Unique within the server. */
  readonly id: number;
  /** e.g. `ads-sotw`, `eds-delta`. */
  readonly transport: string;
  readonly peer: string;
  /** Known from the first request on. */
  readonly node: NodeInfo | undefined;
}

/** A client that asks once, without a stream. */
export interface FetchInfo {
  /** e.g. `cds-rest`, `cds-fetch`. */
  readonly transport: string;
  readonly peer: string;
  readonly node: NodeInfo;
}

export interface RequestInfo {
  readonly typeUrl: string;
  /** What it says about an earlier response; `stale` answers one that is not the newest, or none of this stream. */
  readonly kind: "none" | "stale" | "ack" | "nack";
}

export interface ResponseInfo {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly versionInfo: string;
  readonly resources: number;
  readonly removed: number;
  readonly bytes: number;
}

export interface NackInfo {
  readonly typeUrl: string;
  /** Names in the refused response. */
  readonly names: readonly string[];
  readonly error: RefusalError;
}

export interface MissingInfo {
  readonly typeUrl: string;
  /** Asked for in this request; collections without a member too. */
  readonly names: readonly string[];
}

export interface XdsCallbacks {
  /** May refuse. */
  readonly onStreamOpened?: (stream: StreamInfo) => void;
  /** Before a request without a stream is answered; may refuse. */
  readonly onFetch?: (client: FetchInfo, request: { readonly typeUrl: string }) => void;
  /** Before anything is answered to the request; may refuse. */
  readonly onRequest?: (stream: StreamInfo, request: RequestInfo) => void;
  /**
   * A client has asked for names that the cache does not hold (on-demand clusters and virtual hosts). What is put into the
   * cache before this returns is sent in answer; what comes later is sent when it comes. May refuse.
   */
  readonly onMissing?: (stream: StreamInfo, missing: MissingInfo) => void;
  readonly onNack?: (stream: StreamInfo, nack: NackInfo) => void;
  readonly onResponse?: (stream: StreamInfo, response: ResponseInfo) => void;
  /** The content of an audience was dropped; `audienceOf` will be asked when one of its nodes comes back, and may fill it. */
  readonly onAudienceCollected?: (audience: string) => void;
  readonly onStreamClosed?: (stream: StreamInfo) => void;
}
