// The integers 0..capacity-1 in the order in which they were last touched: O(1), no allocation after construction.
// A doubly linked list in two typed arrays, closed into a circle by one extra node that is head and tail.

export class RecencyList {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #end: number;

  /** Starts in the order 0, 1, 2, ..., 0 being the oldest. */
  constructor(capacity: number) {
    this.#end = capacity;
    this.#next = Int32Array.from({ length: capacity + 1 }, (_, i) => (i === capacity ? 0 : i + 1));
    this.#previous = Int32Array.from({ length: capacity + 1 }, (_, i) => (i === 0 ? capacity : i - 1));
  }

  /** The one that was touched longest ago; -1 when there is none. */
  get oldest(): number {
    const first = this.#next[this.#end] ?? this.#end;
    return first === this.#end ? -1 : first;
  }

  /** Makes the item the youngest. */
  touch(item: number): void {
    this.#link(this.#previous[item] ?? this.#end, this.#next[item] ?? this.#end);
    this.#link(this.#previous[this.#end] ?? this.#end, item);
    this.#link(item, this.#end);
  }

  #link(before: number, after: number): void {
    this.#next[before] = after;
    this.#previous[after] = before;
  }
}
