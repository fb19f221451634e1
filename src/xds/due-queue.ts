// Which names of a ledger must be looked at, oldest first. A flag in the entry and a place in a list, instead of a map that
// is filled and emptied with every push: small maps that shrink to nothing are what a push would spend its time on. One
// name alone, the usual case, needs no list.

/** `unless same`: content that the client holds already may be left out; `again`: it goes all the same. */
export type Due = "no" | "unless same" | "again";

export interface DueEntry {
  due: Due;
  /** Has a place here; in the list also after it was struck off, until the list gets there. */
  queued: boolean;
}

const COMPACT_ABOVE = 64;

export class DueQueue<E extends DueEntry> {
  /** The only one, while there is no list. */
  #one: E | undefined;
  #list: E[] | undefined;
  /** Everything in the list before it was struck off. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that is due, when `size` is 1. */
  get only(): E | undefined {
    if (this.#size !== 1) return undefined;
    if (this.#one || !this.#list) return this.#one;
    this.#advance(this.#list);
    return this.#list[this.#head];
  }

  add(entry: E, due: Exclude<Due, "no">): void {
    if (entry.due === "no") this.#size++;
    entry.due = due;
    if (entry.queued) return;
    entry.queued = true;
    if (this.#list) this.#list.push(entry);
    else if (this.#one) {
      this.#list = [this.#one, entry];
      this.#one = undefined;
    } else this.#one = entry;
  }

  remove(entry: E): void {
    if (entry.due === "no") return;
    entry.due = "no";
    this.#size--;
    if (this.#size === 0) this.#reset();
  }

  /** Entries may be added and removed while it runs. */
  *[Symbol.iterator](): Generator<E> {
    if (this.#one) {
      yield this.#one;
      return;
    }
    const list = this.#list;
    if (!list) return;
    this.#advance(list);
    for (let at = this.#head; at < list.length; at++) {
      const entry = list[at];
      if (entry && entry.due !== "no") yield entry;
    }
  }

  clear(): readonly E[] {
    const struck = [...this];
    for (const entry of struck) this.remove(entry);
    return struck;
  }

  #advance(list: E[]): void {
    for (let entry = list[this.#head]; entry?.due === "no"; entry = list[this.#head]) {
      entry.queued = false;
      this.#head++;
    }
    // Half of the list is behind us: moving the rest costs nothing in the long run.
    if (this.#head <= COMPACT_ABOVE || this.#head * 2 <= list.length) return;
    list.splice(0, this.#head);
    this.#head = 0;
  }

  #reset(): void {
    if (this.#one) this.#one.queued = false;
    this.#one = undefined;
    const list = this.#list;
    if (!list) return;
    for (let at = this.#head; at < list.length; at++) {
      const entry = list[at];
      if (entry) entry.queued = false;
    }
    this.#list = undefined;
    this.#head = 0;
  }
}
