// What is known of one resource at one client, as the engine sees it.
import type { RefusalError } from "./request.js";

/**
 * REQUESTED: asked for, nothing said yet. ABSENT: the client was told that it does not exist. SENT: not answered yet.
 * ACKED, NACKED: the answer to the newest content.
 */
export type ResourceState = "REQUESTED" | "ABSENT" | "SENT" | "ACKED" | "NACKED";

export interface ResourceStatus {
  readonly name: string;
  readonly state: ResourceState;
  /** Version of the content that `state` speaks of. */
  readonly version: string | undefined;
  /** Why it was refused; of the response it was sent in, if that held others too. */
  readonly error: RefusalError | undefined;
}

export const requested = (name: string): ResourceStatus => ({
  name,
  state: "REQUESTED",
  version: undefined,
  error: undefined,
});
