// A response as channels hand it out and transports take it.
import type { ResourceId } from "./resource.js";

/** On its way: whoever pulled it must write it. Shared by streams with the same answer. */
export interface Draft {
  readonly typeUrl: string;
  readonly label: string;
  readonly nonce: string;
  readonly versionInfo: string;
  readonly resources: number;
  readonly removed: number;
  /** gRPC length prefix and message; shared, never change it. */
  readonly framed: Buffer;
  readonly message: Buffer;
  /** What must be sent again after this, if it is subscribed. */
  readonly dependents: readonly ResourceId[];
}
