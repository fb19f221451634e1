// A binary min-heap over the integers 0..capacity-1 in which any member's key can be changed: O(log n), no allocation
// after construction. Keys live in public typed arrays, so that no boxed number crosses a call (Sedgewick's IndexMinPQ).

export class IndexedHeap {
  /** First criterion per item, smallest wins. Write it, then call `place`. */
  readonly keys: Float64Array;
  /** Decides between equal keys, smallest wins. */
  readonly ties: Float64Array;
  /** Items in heap order. */
  readonly #heap: Int32Array;
  /** Where each item sits in `#heap`; -1 = outside. */
  readonly #positions: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.keys = new Float64Array(capacity);
    this.ties = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#positions = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  /** The item with the smallest key; -1 when empty. */
  get top(): number {
    return this.#size === 0 ? -1 : (this.#heap[0] ?? -1);
  }

  /** Puts the item where its key belongs, after its key was written or changed. Inserts it when it is outside. */
  place(item: number): void {
    let position = this.#positions[item] ?? -1;
    if (position < 0) {
      position = this.#size++;
      this.#put(item, position);
    }
    if (!this.#siftUp(item, position)) this.#siftDown(item, position);
  }

  #put(item: number, position: number): void {
    this.#heap[position] = item;
    this.#positions[item] = position;
  }

  #isBefore(a: number, b: number): boolean {
    const { keys, ties } = this;
    const keyA = keys[a] ?? 0;
    const keyB = keys[b] ?? 0;
    return keyA === keyB ? (ties[a] ?? 0) < (ties[b] ?? 0) : keyA < keyB;
  }

  /** @returns whether it moved */
  #siftUp(item: number, start: number): boolean {
    let position = start;
    while (position > 0) {
      const parentPosition = (position - 1) >> 1;
      const parent = this.#heap[parentPosition] ?? 0;
      if (!this.#isBefore(item, parent)) break;
      this.#put(parent, position);
      position = parentPosition;
    }
    this.#put(item, position);
    return position !== start;
  }

  #siftDown(item: number, start: number): void {
    let position = start;
    while (true) {
      let childPosition = 2 * position + 1;
      if (childPosition >= this.#size) break;
      let child = this.#heap[childPosition] ?? 0;
      if (childPosition + 1 < this.#size) {
        const right = this.#heap[childPosition + 1] ?? 0;
        if (this.#isBefore(right, child)) {
          child = right;
          childPosition += 1;
        }
      }
      if (!this.#isBefore(child, item)) break;
      this.#put(child, position);
      position = childPosition;
    }
    this.#put(item, position);
  }
}
