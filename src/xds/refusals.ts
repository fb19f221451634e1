// The quarantine: content that a client refused, so that it is never sent to it again. A NACK condemns a response as a
// whole, and the client may have applied none of it; so its members stay together, and when one of them changes (or is
// no longer wanted) the response is another one and all of them may go again.
import type { RefusalError } from "./request.js";

/** Version of the content; `null` stands for its removal. */
export type Version = string | null;

export interface Refusal {
  readonly members: ReadonlyMap<string, Version>;
  readonly error: RefusalError;
}

export class Refusals {
  readonly #byName = new Map<string, Refusal>();
  #latest: Refusal | undefined;

  get size(): number {
    return this.#byName.size;
  }

  /** The newest refusal that still stands. */
  get latest(): Refusal | undefined {
    if (this.#byName.size === 0) return undefined;
    if (this.#latest && this.#byName.get(firstKey(this.#latest.members)) === this.#latest) return this.#latest;
    let last: Refusal | undefined;
    for (const refusal of this.#byName.values()) last = refusal;
    return last;
  }

  refuse(members: ReadonlyMap<string, Version>, error: RefusalError): void {
    if (members.size === 0) return;
    const refusal: Refusal = { members, error };
    for (const name of members.keys()) this.#byName.set(name, refusal);
    this.#latest = refusal;
  }

  /** `free`: never refused. `same`: refused as it is. `other`: what was refused is not this content. */
  check(name: string, version: Version): "free" | "same" | "other" {
    const refusal = this.#byName.get(name);
    if (!refusal) return "free";
    return refusal.members.get(name) === version ? "same" : "other";
  }

  /** Ends the refusal that `name` belongs to. Returns its other members, which may be sent again. */
  dissolve(name: string): readonly string[] {
    const refusal = this.#byName.get(name);
    if (!refusal) return [];
    const others: string[] = [];
    for (const member of refusal.members.keys()) {
      if (this.#byName.get(member) !== refusal) continue;
      this.#byName.delete(member);
      if (member !== name) others.push(member);
    }
    return others;
  }
}

const firstKey = (members: ReadonlyMap<string, Version>): string => members.keys().next().value ?? "";
