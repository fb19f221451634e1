// Numbers per member, one column per field, where members come and go one by one. Next to MemberTable, whose order is fixed
// and which nobody writes to once it is handed out, this is the memory of a single writer: a member keeps its slot for as
// long as it stays, and a slot left free is used again. Ten thousand members are a few arrays instead of as many objects.
import type { Defaults } from "./member-table.js";

const SMALLEST_CAPACITY = 16;
/** Doubling would leave up to half of the memory unused, for good. */
const GROWTH = 1.25;

export class SlotTable<Id extends string, Field extends string> {
  readonly #fields: readonly (readonly [Field, number])[];
  readonly #slots = new Map<Id, number>();
  readonly #free: number[] = [];
  #capacity = 0;
  #columns: Readonly<Record<Field, Float64Array>>;

  constructor(defaults: Defaults<Field>) {
    this.#fields = Object.entries(defaults) as [Field, number][];
    this.#columns = this.#resized(0);
  }

  /** Indexed by slot. Read them anew after a `join`, which replaces them when they are full. */
  get columns(): Readonly<Record<Field, Float64Array>> {
    return this.#columns;
  }

  /** Members and their slots, those that joined first first. A member may leave while they are gone through. */
  entries(): IterableIterator<[Id, number]> {
    return this.#slots.entries();
  }

  slotOf(id: Id): number | undefined {
    return this.#slots.get(id);
  }

  /** The member's slot; a newcomer's has the defaults. */
  join(id: Id): number {
    const known = this.#slots.get(id);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#slots.size;
    if (slot >= this.#capacity) this.#grow();
    for (const [field, value] of this.#fields) this.#columns[field][slot] = value;
    this.#slots.set(id, slot);
    return slot;
  }

  leave(id: Id): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#free.push(slot);
  }

  #grow(): void {
    this.#capacity = Math.max(SMALLEST_CAPACITY, Math.ceil(this.#capacity * GROWTH));
    this.#columns = this.#resized(this.#capacity);
  }

  #resized(capacity: number): Readonly<Record<Field, Float64Array>> {
    const columns: Partial<Record<Field, Float64Array>> = {};
    for (const [field] of this.#fields) {
      const column = new Float64Array(capacity);
      if (capacity > 0) column.set(this.#columns[field]);
      columns[field] = column;
    }
    return columns as Readonly<Record<Field, Float64Array>>;
  }
}
