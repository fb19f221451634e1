// All that is known of each name of a ledger. What many clients hold alike, since they were greeted with the same response,
// is one map for all of them; a name gets an entry of its own when there is something else to say of it. Invariant: the own
// entry of a name is all that counts of it, also when it says that nothing is known.
import type { DueEntry } from "./due-queue.js";

/** In one object: a push to thousands of streams waits for memory more than for anything. */
export interface Entry extends DueEntry {
  readonly name: string;
  /** What the client was sent last: the token of the content; null: told that it does not exist; undefined: not told. */
  held: string | null | undefined;
  /** Is a response with it unanswered? */
  flying: boolean;
}

/** The client has something under this name, but which content is not known: no content equals it. */
export const DOUBTFUL = "";

export type Known = Pick<Entry, "name" | "due" | "held" | "flying">;

const NONE: ReadonlyMap<string, string> = new Map();

export class LedgerEntries {
  readonly #own = new Map<string, Entry>();
  /** Tokens of what is held in common with others. */
  #common = NONE;
  #commonFlying = false;

  held(name: string): Entry["held"] {
    const entry = this.#own.get(name);
    return entry ? entry.held : this.#common.get(name);
  }

  flies(name: string): boolean {
    const entry = this.#own.get(name);
    return entry ? entry.flying : this.#commonFlying && this.#common.has(name);
  }

  /** Is `name` due even if the client holds it? */
  dueAgain(name: string): boolean {
    return this.#own.get(name)?.due === "again";
  }

  /** The entry of `name`, made when there is none. */
  at(name: string): Entry {
    return this.#own.get(name) ?? this.#make(name, this.#common.get(name));
  }

  find(name: string): Entry | undefined {
    const entry = this.#own.get(name);
    if (entry) return entry;
    const held = this.#common.get(name);
    return held === undefined ? undefined : this.#make(name, held);
  }

  /** A response was sent that holds what `tokens` says, and nobody has an entry yet. */
  fly(tokens: ReadonlyMap<string, string>): void {
    this.#common = tokens;
    this.#commonFlying = true;
  }

  /** It was answered. */
  land(): void {
    this.#commonFlying = false;
    for (const entry of this.#own.values()) if (this.#common.has(entry.name)) entry.flying = false;
  }

  /** Lets go of an entry that says nothing any more. */
  collect(entry: Entry): void {
    if (entry.due !== "no" || entry.held !== undefined || entry.flying || this.#common.has(entry.name)) return;
    this.#own.delete(entry.name);
  }

  /** Entries may be made and collected while it runs. */
  *all(): Generator<Known> {
    yield* this.#own.values();
    for (const [name, held] of this.#common) {
      if (!this.#own.has(name)) yield { name, due: "no", held, flying: this.#commonFlying };
    }
  }

  #make(name: string, held: string | undefined): Entry {
    const flying = held !== undefined && this.#commonFlying;
    const entry: Entry = { name, due: "no", queued: false, held, flying };
    this.#own.set(name, entry);
    return entry;
  }
}
