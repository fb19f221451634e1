// Hash ring (Karger 1997, ketama) with the placement of Envoy's RING_HASH, so that the owner of a key here is Envoy's
// choice there: xxh64 of `IP:PORT_i`, the number of points per host from running sums over normalised weights.
// Lookup is a binary search, O(log size).
import { Xxh64 } from "../../stats/xxh64.js";
import type { HashHost } from "./hash-hosts.js";
import type { OwnerTable } from "./owner-table.js";

export interface RingSize {
  /** Least number of points on the ring; rounded up so that the lightest host has a whole number of them. */
  readonly minimum: number;
  /** Wins over `minimum` and over the rounding. At most 8,388,608, Envoy's limit. */
  readonly maximum: number;
}

export const MAX_RING_SIZE = 8_388_608;

/** 29 bits of the hash and 24 of an index (rounding may exceed MAX_RING_SIZE by one) fill the 53 bits of a double. */
const INDEX_SPAN = 2 ** 24;

export class HashRing implements OwnerTable {
  readonly size: number;
  /** Points in ascending order of hash, in two halves. */
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #owners: Uint32Array;

  /** @param hosts in the order in which Envoy was told of them, which decides who gets a point more when sums round */
  constructor(hosts: readonly HashHost[], { minimum, maximum }: RingSize) {
    const points = pointsPerHost(hosts, minimum, maximum);
    this.size = points.reduce((sum, count) => sum + count, 0);
    const high = new Uint32Array(this.size);
    const low = new Uint32Array(this.size);
    const owners = new Uint32Array(this.size);
    const hash = new Xxh64();
    let at = 0;
    hosts.forEach(({ key }, owner) => {
      for (let i = 0; i < (points[owner] ?? 0); i++) {
        hash.hash(`${key}_${i}`);
        high[at] = hash.high;
        low[at] = hash.low;
        owners[at++] = owner;
      }
    });
    const order = sortedOrder(high, low);
    this.#high = Uint32Array.from(order, (index) => high[index] ?? 0);
    this.#low = Uint32Array.from(order, (index) => low[index] ?? 0);
    this.#owners = Uint32Array.from(order, (index) => owners[index] ?? 0);
  }

  /** The first point at or after the hash; after the last one the ring starts again. */
  slotOf(high: number, low: number): number {
    let start = 0;
    let end = this.size;
    while (start < end) {
      const middle = (start + end) >>> 1;
      const pointHigh = this.#high[middle] ?? 0;
      if (pointHigh < high || (pointHigh === high && (this.#low[middle] ?? 0) < low)) start = middle + 1;
      else end = middle;
    }
    return start === this.size ? 0 : start;
  }

  ownerOf(slot: number): number {
    return this.#owners[slot] ?? -1;
  }
}

/** Points on the ring of these hosts, rounded up to a whole one. */
export function ringSize(hosts: readonly HashHost[], { minimum, maximum }: RingSize): number {
  return Math.ceil(scaleOf(hosts, minimum, maximum));
}

function scaleOf(hosts: readonly HashHost[], minimum: number, maximum: number): number {
  const lightest = hosts.reduce((least, { weight }) => Math.min(least, weight), 1);
  return Math.min(Math.ceil(lightest * minimum) / lightest, maximum);
}

/** Envoy scales so that the lightest host gets whole points, and hands the others their part by running sums. */
function pointsPerHost(hosts: readonly HashHost[], minimum: number, maximum: number): readonly number[] {
  const scale = scaleOf(hosts, minimum, maximum);
  let placed = 0;
  let target = 0;
  return hosts.map(({ weight }) => {
    target += scale * weight;
    const count = Math.max(0, Math.ceil(target) - placed);
    placed += count;
    return count;
  });
}

/** Indices of the points in ascending order of hash. A typed array of numbers sorts many times faster than pairs would. */
function sortedOrder(high: Uint32Array, low: Uint32Array): Uint32Array {
  const packed = Float64Array.from(high, (value, index) => (value >>> 3) * INDEX_SPAN + index).sort();
  const order = Uint32Array.from(packed, (value) => value % INDEX_SPAN);
  // Points that share the first 29 bits are still in the order of their indices: few, and next to each other.
  for (let i = 1; i < order.length; i++) {
    const index = order[i] ?? 0;
    let at = i;
    for (; at > 0 && isBefore(high, low, index, order[at - 1] ?? 0); at--) order[at] = order[at - 1] ?? 0;
    order[at] = index;
  }
  return order;
}

function isBefore(high: Uint32Array, low: Uint32Array, a: number, b: number): boolean {
  const highA = high[a] ?? 0;
  const highB = high[b] ?? 0;
  return highA === highB ? (low[a] ?? 0) < (low[b] ?? 0) : highA < highB;
}
