// Finds what is due among 100,000 deadlines that mostly move: a heartbeat only moves the deadline in the item itself,
// and the wheel looks at the item again when its old slot comes up (a lazy timing wheel). So a beat costs nothing here.

const SLOT_MS = 250;

/** Embedded in each item; only the wheel writes it. */
export interface WheelEntry {
  /** Slot in which the wheel looks at the item next; -1 = not in the wheel. */
  slot: number;
}

export class DeadlineWheel<T extends WheelEntry> {
  readonly #slots = new Map<number, T[]>();
  #cursor: number;

  constructor(nowMs: number) {
    this.#cursor = Math.floor(nowMs / SLOT_MS);
  }

  /** Looks at `item` at `dueMs` or up to 250 ms later, never at `Infinity`. An earlier slot wins over one that is set already. */
  schedule(item: T, dueMs: number): void {
    if (dueMs === Number.POSITIVE_INFINITY) return;
    const slot = Math.max(this.#cursor + 1, Math.ceil(dueMs / SLOT_MS));
    if (item.slot >= 0 && item.slot <= slot) return;
    item.slot = slot;
    const items = this.#slots.get(slot);
    if (items) items.push(item);
    else this.#slots.set(slot, [item]);
  }

  /** Its place in a slot stays behind as garbage until the slot comes up. */
  remove(item: T): void {
    item.slot = -1;
  }

  /** Takes out every item whose slot has come by `nowMs`. */
  due(nowMs: number): readonly T[] {
    const target = Math.floor(nowMs / SLOT_MS);
    const found: T[] = [];
    while (this.#cursor < target) {
      const slot = ++this.#cursor;
      const items = this.#slots.get(slot);
      if (!items) continue;
      this.#slots.delete(slot);
      for (const item of items) {
        if (item.slot !== slot) continue; // removed, or rescheduled to an earlier slot
        item.slot = -1;
        found.push(item);
      }
    }
    return found;
  }
}
