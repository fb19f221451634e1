// A response that a ledger sent, until it is answered.
import type { Entry } from "./ledger-entries.js";
import type { Resource } from "./resource.js";

export interface Delivery {
  readonly nonce: string;
  readonly versionInfo: string;
  readonly sentAtMs: number;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  /** The one that it holds, or `entries`: of the resources, then of what was removed; or what is held in common. */
  readonly entry: Entry | undefined;
  readonly entries: readonly Entry[] | "common";
  /** It held suspects of an earlier refusal. */
  readonly retrial: boolean;
  readonly heartbeat: boolean;
}
