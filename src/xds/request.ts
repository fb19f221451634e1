// A discovery request as the sessions see it: decoded, bounded, without the node (which belongs to the stream).
import type { SharedNames } from "./shared-names.js";

/** `error_detail` of a NACK. */
export interface RefusalError {
  /** google.rpc.Code; absent when the client sent none. */
  readonly code?: number;
  /** Printable, at most 1 KiB; of long texts the end is kept, where clients say what is wrong. */
  readonly message: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

interface CommonRequest {
  readonly typeUrl: string;
  /** `response_nonce`; empty when the request answers nothing. */
  readonly nonce: string;
  /** Present means NACK, whatever else the request says. */
  readonly error: RefusalError | undefined;
}

export interface SotwRequest extends CommonRequest {
  /** All names of the subscription, maybe as a list shared by streams; `undefined`: those of the type's last request. */
  readonly names: readonly string[] | SharedNames | undefined;
}

export interface DeltaRequest extends CommonRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  /** Read on the first request of the type only. */
  readonly initialVersions: ReadonlyMap<string, string>;
}

export type DiscoveryRequest = SotwRequest | DeltaRequest;
