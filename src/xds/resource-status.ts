// What is known of one resource at one client, as the engine sees it.
import { DOUBTFUL, type Known } from "./ledger-entries.js";
import type { Refusal } from "./refusals.js";
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

/** Of a name that the client was told something about. @param refusal that stands against what it was told */
export function statusOf({ name, held, flying }: Known, refusal: Refusal | undefined): ResourceStatus {
  const version = refusal ? refusal.members.get(name) : held;
  // A token may have more than the version in it.
  const common = { name, version: version?.split("@", 1)[0] || undefined, error: refusal?.error };
  if (refusal) return { ...common, state: "NACKED" };
  if (flying) return { ...common, state: "SENT" };
  if (held === null) return { ...common, state: "ABSENT" };
  return { ...common, state: held === DOUBTFUL ? "REQUESTED" : "ACKED" };
}
