// Which names of a ledger must be looked at, oldest first. A flag in the entry and its place in a list, instead of a map
// that is filled and emptied with every push: small maps that shrink to nothing are what a push would spend its time on.

/** `unless same`: content that the client holds already may be left out; `again`: it goes all the same. */
export type Due = "no" | "unless same" | "again";

export interface DueEntry {
  due: Due;
  /** Has a place in the list; also after it was struck off, until the list gets there. */
  queued: boolean;
}

export class DueQueue<E extends DueEntry> {
  readonly #list: E[] = [];
  /** Everything before it was struck off. */
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest, of which there must be one; the only one when `size` is 1. */
  get oldest(): E | undefined {
    this.#advance();
    return this.#list[this.#head];
  }

  add(entry: E, due: Exclude<Due, "no">): void {
    if (entry.due === "no") this.#size++;
    entry.due = due;
    if (entry.queued) return;
    entry.queued = true;
    this.#list.push(entry);
  }

  remove(entry: E): void {
    if (entry.due === "no") return;
    entry.due = "no";
    this.#size--;
    if (this.#size === 0) this.#reset();
  }

  /** Entries may be added and removed while it runs. */
  *[Symbol.iterator](): Generator<E> {
    this.#advance();
    for (let at = this.#head; at < this.#list.length; at++) {
      const entry = this.#list[at];
      if (entry && entry.due !== "no") yield entry;
    }
  }

  clear(): readonly E[] {
    const struck = [...this];
    for (const entry of struck) this.remove(entry);
    return struck;
  }

  #advance(): void {
    for (let entry = this.#list[this.#head]; entry?.due === "no"; entry = this.#list[this.#head]) {
      entry.queued = false;
      this.#head++;
    }
    // Nobody iterates now, and half of the list is behind us: it costs nothing in the long run.
    if (this.#head > 64 && this.#head * 2 > this.#list.length) this.#list.splice(0, this.#head);
    else return;
    this.#head = 0;
  }

  #reset(): void {
    for (let at = this.#head; at < this.#list.length; at++) {
      const entry = this.#list[at];
      if (entry) entry.queued = false;
    }
    this.#list.length = 0;
    this.#head = 0;
  }
}
