// The future of a simulation: a 4-ary heap over typed arrays, so that an event costs no allocation and no closure.
// Invariant: events leave in order of time, and those of the same time in the order in which they were put in, which
// makes every run reproducible.

const ARITY = 4;
const KIND_BITS = 4;
const KIND_MASK = (1 << KIND_BITS) - 1;

export class EventQueue {
  /** Of the event that `pop` returned last. */
  timeMs = 0;
  kind = 0;
  payload = 0;
  #times = new Float64Array(1_024);
  /** Order of arrival, the tie breaker. */
  #orders = new Float64Array(1_024);
  /** Payload and kind in one word. */
  #codes = new Int32Array(1_024);
  #size = 0;
  #nextOrder = 0;

  get size(): number {
    return this.#size;
  }

  /** @param kind 0..15 @param payload 0..2^27-1, what it means is up to the kind */
  push(timeMs: number, kind: number, payload: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const codes = this.#codes;
    let hole = this.#size++;
    // A newcomer is younger than all, so equal times never pass it upwards.
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      const parentTime = times[parent] ?? 0;
      if (parentTime <= timeMs) break;
      times[hole] = parentTime;
      orders[hole] = orders[parent] ?? 0;
      codes[hole] = codes[parent] ?? 0;
      hole = parent;
    }
    times[hole] = timeMs;
    orders[hole] = this.#nextOrder++;
    codes[hole] = (payload << KIND_BITS) | kind;
  }

  /** Takes the next event into `timeMs`, `kind` and `payload`; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const times = this.#times;
    const orders = this.#orders;
    const codes = this.#codes;
    const code = codes[0] ?? 0;
    this.timeMs = times[0] ?? 0;
    this.kind = code & KIND_MASK;
    this.payload = code >>> KIND_BITS;
    const last = --this.#size;
    const time = times[last] ?? 0;
    const order = orders[last] ?? 0;
    let hole = 0;
    for (let first = 1; first < last; first = ARITY * hole + 1) {
      let child = first;
      let childTime = times[first] ?? 0;
      const end = Math.min(first + ARITY, last);
      for (let i = first + 1; i < end; i++) {
        const candidate = times[i] ?? 0;
        if (candidate < childTime || (candidate === childTime && (orders[i] ?? 0) < (orders[child] ?? 0))) {
          child = i;
          childTime = candidate;
        }
      }
      if (childTime > time || (childTime === time && (orders[child] ?? 0) > order)) break;
      times[hole] = childTime;
      orders[hole] = orders[child] ?? 0;
      codes[hole] = codes[child] ?? 0;
      hole = child;
    }
    times[hole] = time;
    orders[hole] = order;
    codes[hole] = codes[last] ?? 0;
    return true;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    this.#times = enlarged(this.#times, new Float64Array(capacity));
    this.#orders = enlarged(this.#orders, new Float64Array(capacity));
    this.#codes = enlarged(this.#codes, new Int32Array(capacity));
  }
}

function enlarged<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
