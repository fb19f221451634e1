// The last changes of weight of each instance of a service, for explanations. Bounded per service as well as per instance,
// so that large services are not mostly past.
import type { InstanceId } from "../model/ids.js";
import type { PastDecision } from "./explanation.js";

const MAX_DEPTH = 20;
const MIN_DEPTH = 2;
const MAX_PER_SERVICE = 20_000;

export class DecisionHistory {
  readonly #byInstance = new Map<InstanceId, PastDecision[]>();

  note(id: InstanceId, decision: PastDecision): void {
    const room = Math.floor(MAX_PER_SERVICE / Math.max(1, this.#byInstance.size));
    const depth = Math.min(MAX_DEPTH, Math.max(MIN_DEPTH, room));
    this.#byInstance.set(id, [decision, ...(this.#byInstance.get(id) ?? [])].slice(0, depth));
  }

  /** Youngest first. */
  of(id: InstanceId): readonly PastDecision[] {
    return this.#byInstance.get(id) ?? [];
  }

  /** Forgets everybody else. */
  retain(isMember: (id: InstanceId) => boolean): void {
    for (const id of this.#byInstance.keys()) if (!isMember(id)) this.#byInstance.delete(id);
  }
}
