// The quarantine: content that a client refused, so that it is never sent to it again. A NACK condemns a response as a
// whole, and the client may have applied none of it; who is to blame is found by bisection: the response is sent again in
// halves, and those halves that are refused too in halves, until the offender stands alone. Each half waits for its turn,
// so that a stream has one unanswered response all the same. A client that refuses whatever it is sent is not asked for
// ever: after `MAX_SPLITS` the suspects stay condemned together until one of them changes.
import type { RefusalError } from "./request.js";

/** Version of the content; `null` stands for its removal. */
export type Version = string | null;

export interface Refusal {
  readonly members: Map<string, Version>;
  readonly error: RefusalError;
  /** `suspect`: to be sent once more, with its fellows and nobody else. */
  readonly verdict: "suspect" | "condemned";
}

/** Refused halves per refused response; finds about ten offenders among a thousand resources. */
const MAX_SPLITS = 128;

export class Refusals {
  readonly #byName = new Map<string, Refusal>();
  /** Suspects in order of trial. */
  readonly #suspects = new Set<Refusal>();
  #latest: RefusalError | undefined;
  #splits = 0;

  get size(): number {
    return this.#byName.size;
  }

  /** Error of the newest NACK, while content refused by it or earlier still stands. */
  get error(): RefusalError | undefined {
    return this.#byName.size === 0 ? undefined : this.#latest;
  }

  /** Names under quarantine, suspects included. */
  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  get(name: string): Refusal | undefined {
    return this.#byName.get(name);
  }

  /** `retrial`: these were suspects already. */
  refuse(members: ReadonlyMap<string, Version>, error: RefusalError, retrial: boolean): void {
    if (members.size === 0) return;
    this.#latest = error;
    this.#splits = retrial ? this.#splits + 1 : 0;
    if (members.size === 1 || this.#splits >= MAX_SPLITS) {
      this.#hold({ members: new Map(members), error, verdict: "condemned" });
      return;
    }
    const all = [...members];
    const middle = Math.ceil(all.length / 2);
    for (const half of [all.slice(0, middle), all.slice(middle)]) {
      this.#hold({ members: new Map(half), error, verdict: "suspect" });
    }
  }

  /** `free`: never refused. `same`: refused as it is. `other`: what was refused is not this content. */
  check(name: string, version: Version): "free" | "same" | "suspect" | "other" {
    const refusal = this.#byName.get(name);
    if (!refusal) return "free";
    if (refusal.members.get(name) !== version) return "other";
    return refusal.verdict === "suspect" ? "suspect" : "same";
  }

  /**
   * Names to be sent together, and nothing with them; none when nobody is under suspicion. Removals alone come last: they
   * may have to wait for other types, which in turn may wait for the resources.
   */
  nextTrial(): Iterable<string> {
    let last: Refusal | undefined;
    for (const refusal of this.#suspects) {
      last ??= refusal;
      for (const version of refusal.members.values()) if (version !== null) return refusal.members.keys();
    }
    return last?.members.keys() ?? [];
  }

  /** `name` was sent, changed, or is no longer wanted: nothing is held against it. Returns who goes free with it. */
  release(name: string): readonly string[] {
    const refusal = this.#byName.get(name);
    if (!refusal) return [];
    this.#byName.delete(name);
    refusal.members.delete(name);
    if (refusal.verdict === "suspect") {
      if (refusal.members.size === 0) this.#suspects.delete(refusal);
      return [];
    }
    // Condemned together: without this one the response is another.
    const others = [...refusal.members.keys()];
    for (const other of others) this.#byName.delete(other);
    return others;
  }

  /** Ends all trials: what was to be sent again has gone. */
  absolve(): void {
    for (const { members } of this.#suspects) for (const name of members.keys()) this.#byName.delete(name);
    this.#suspects.clear();
  }

  #hold(refusal: Refusal): void {
    for (const name of refusal.members.keys()) this.#byName.set(name, refusal);
    if (refusal.verdict === "suspect") this.#suspects.add(refusal);
  }
}
