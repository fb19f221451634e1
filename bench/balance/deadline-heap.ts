// Things by the time they are due: a binary heap, so that thousands of service times a second need one timer and not one
// each. Invariant: `peekMs` is the least due time of all.

export interface Due {
  /** Milliseconds on any one time line. */
  readonly dueMs: number;
}

export class DeadlineHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Infinity when empty. */
  get peekMs(): number {
    return this.#items[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = items[parentAt] as T;
      if (parent.dueMs <= item.dueMs) break;
      items[at] = parent;
      at = parentAt;
    }
    items[at] = item;
  }

  /** The earliest that is due at `nowMs`; undefined when none is. */
  popDue(nowMs: number): T | undefined {
    const items = this.#items;
    const first = items[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = items.pop() as T;
    if (items.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: T): void {
    const items = this.#items;
    const { length } = items;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= length) break;
      const right = items[childAt + 1];
      let child = items[childAt] as T;
      if (right !== undefined && right.dueMs < child.dueMs) {
        childAt += 1;
        child = right;
      }
      if (child.dueMs >= item.dueMs) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
  }
}
