// Maglev's lookup table (Eisenbud et al., NSDI 2016) filled as Envoy's MAGLEV fills it: hosts in the order of their
// keys, offset and skip from xxh64 with seeds 0 and 1, and a host of a third of the largest weight takes a slot in every
// third round. Lookup is O(1); filling is O(size * log hosts) whatever the weights are.
import { SteelyardError } from "../../model/errors.js";
import { IndexedHeap } from "../../stats/indexed-heap.js";
import { Xxh64 } from "../../stats/xxh64.js";
import type { HashHost } from "./hash-hosts.js";
import type { OwnerTable } from "./owner-table.js";
import { isPrime } from "./prime.js";

const { floor } = Math;

export const DEFAULT_TABLE_SIZE = 65_537;
/** Envoy's limit, and small enough that the remainder of a 64-bit hash can be taken in doubles. */
const MAX_TABLE_SIZE = 5_000_011;

export class MaglevTable implements OwnerTable {
  readonly size: number;
  readonly #tableSize: number;
  readonly #owners: Int32Array;

  /**
   * @param tableSize a prime, 2..5,000,011
   * @throws SteelyardError ERR_INVALID_REQUEST for a size that is none
   */
  constructor(hosts: readonly HashHost[], tableSize: number) {
    if (!isPrime(tableSize) || tableSize > MAX_TABLE_SIZE) {
      throw new SteelyardError(
        "ERR_INVALID_REQUEST",
        `Maglev needs a prime table size up to 5000011, not ${tableSize}`,
      );
    }
    this.#tableSize = tableSize;
    this.size = hosts.length === 0 ? 0 : tableSize;
    this.#owners = new Int32Array(this.size).fill(-1);
    this.#fill(hosts);
  }

  slotOf(high: number, low: number): number {
    return remainder(high, low, this.#tableSize);
  }

  ownerOf(slot: number): number {
    return this.#owners[slot] ?? -1;
  }

  #fill(hosts: readonly HashHost[]): void {
    const size = this.#tableSize;
    const order = hosts.map((_, index) => index).sort((a, b) => compareKeys(hosts[a]?.key ?? "", hosts[b]?.key ?? ""));
    const largest = hosts.reduce((most, { weight }) => Math.max(most, weight), 0);
    const hash = new Xxh64();
    const next = new Uint32Array(hosts.length);
    const skips = new Uint32Array(hosts.length);
    const targets = new Float64Array(hosts.length);
    // Envoy walks over all hosts in every round and passes over those whose turn it is not. Here the heap yields only
    // those whose turn it is, in the same order: by round, then by key.
    const turns = new IndexedHeap(hosts.length);
    order.forEach((host, rank) => {
      const key = hosts[host]?.key ?? "";
      hash.hash(key);
      next[host] = remainder(hash.high, hash.low, size);
      hash.hash(key, 1);
      skips[host] = remainder(hash.high, hash.low, size - 1) + 1;
      turns.keys[host] = 1;
      turns.ties[host] = rank;
      turns.place(host);
    });
    for (let filled = 0; filled < this.size; filled++) {
      const host = turns.top;
      const skip = skips[host] ?? 1;
      let slot = next[host] ?? 0;
      while ((this.#owners[slot] ?? 0) >= 0) slot = (slot + skip) % size;
      this.#owners[slot] = host;
      next[host] = (slot + skip) % size;
      const target = (targets[host] ?? 0) + largest;
      targets[host] = target;
      turns.keys[host] = nextTurn((turns.keys[host] ?? 0) + 1, hosts[host]?.weight ?? 1, target);
      turns.place(host);
    }
  }
}

/** The first round from `earliest` on with `round * weight >= target`, by that very comparison, since it rounds. */
function nextTurn(earliest: number, weight: number, target: number): number {
  const estimate = floor(target / weight) - 1;
  let round = estimate > earliest ? estimate : earliest;
  while (round * weight < target) round += 1;
  return round;
}

/** (high * 2^32 + low) mod divisor; every product stays below 2^53 for divisors up to MAX_TABLE_SIZE. */
function remainder(high: number, low: number, divisor: number): number {
  return ((high % divisor) * (0x1_0000_0000 % divisor) + low) % divisor;
}

/** By bytes, as std::sort on strings; keys are ASCII. */
function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
