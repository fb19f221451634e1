// Envoy's EdfScheduler (source/extensions/load_balancing_policies/common, edf_scheduler.h): weighted picks by earliest
// deadline, deadline = current time + 1 / weight, where the weight is computed anew whenever an entry is put back.
// Invariant: entries leave in order of (deadline, order of insertion), exactly as in Envoy, floating point included.

/** Weight of an entry right now; depends on its requests in flight under LEAST_REQUEST. Always > 0. */
export type WeightNow = (entry: number) => number;

/** Envoy adds this while it emulates picks, so that weights are not exact multiples of each other. */
const EPSILON = 1e-13;
const MAX_EMULATED_PICKS = 429_496_729;

export class EdfSchedule {
  readonly #weightNow: WeightNow;
  readonly #entries: Int32Array;
  readonly #deadlines: Float64Array;
  readonly #orders: Float64Array;
  #time = 0;
  #nextOrder: number;

  /**
   * As after `picks` picks: Envoy starts every schedule there, with the same number at every update.
   * @param entries at least one
   */
  constructor(entries: Int32Array, weightNow: WeightNow, picks: number) {
    const size = entries.length;
    this.#weightNow = weightNow;
    this.#entries = new Int32Array(size);
    this.#deadlines = new Float64Array(size).fill(Number.POSITIVE_INFINITY);
    this.#orders = new Float64Array(size);
    this.#nextOrder = size;
    const emulated = picks % MAX_EMULATED_PICKS;
    const weights = Array.from(entries, (entry) => weightNow(entry) + EPSILON);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    let done = 0;
    weights.forEach((weight, i) => {
      let own = Math.floor((weight * emulated) / sum);
      if (own > 0 && own / weight >= emulated / sum) own -= 1;
      this.#time = Math.max(this.#time, own / weight);
      this.#insert(i, entries[i] ?? 0, (own + 1) / weight);
      done += own;
    });
    while (done++ < emulated) this.pick();
  }

  pick(): number {
    const entry = this.#entries[0] ?? 0;
    this.#time = this.#deadlines[0] ?? 0;
    this.#replaceFirst(entry, this.#time + 1 / this.#weightNow(entry));
    return entry;
  }

  /** Building only: entries come in with rising orders. */
  #insert(index: number, entry: number, deadline: number): void {
    let hole = index;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((this.#deadlines[parent] ?? 0) <= deadline) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, entry, deadline, index);
  }

  #replaceFirst(entry: number, deadline: number): void {
    const deadlines = this.#deadlines;
    const orders = this.#orders;
    const size = deadlines.length;
    let hole = 0;
    for (let child = 1; child < size; child = 2 * hole + 1) {
      let childDeadline = deadlines[child] ?? 0;
      if (child + 1 < size) {
        const right = deadlines[child + 1] ?? 0;
        if (right < childDeadline || (right === childDeadline && (orders[child + 1] ?? 0) < (orders[child] ?? 0))) {
          child += 1;
          childDeadline = right;
        }
      }
      // What goes back in is the youngest, so that it yields to equal deadlines.
      if (childDeadline > deadline) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, entry, deadline, this.#nextOrder++);
  }

  #move(from: number, to: number): void {
    this.#entries[to] = this.#entries[from] ?? 0;
    this.#deadlines[to] = this.#deadlines[from] ?? 0;
    this.#orders[to] = this.#orders[from] ?? 0;
  }

  #put(at: number, entry: number, deadline: number, order: number): void {
    this.#entries[at] = entry;
    this.#deadlines[at] = deadline;
    this.#orders[at] = order;
  }
}
