// Consistent hashing by Maglev's table: O(1) lookups and a more even split than a ring, for a little more movement of
// keys when the list changes.
import type { BackendSpec } from "../load-balancer.js";
import { type BoundedLoadOptions, HashingBalancer } from "./hashing-balancer.js";
import { DEFAULT_TABLE_SIZE, MaglevTable } from "./maglev-table.js";

export interface MaglevOptions extends BoundedLoadOptions {
  /** Slots of the table, a prime up to 5,000,011; at least 100 times the number of backends. Default 65,537. */
  readonly tableSize?: number;
}

export class MaglevBalancer extends HashingBalancer {
  /** @throws SteelyardError ERR_INVALID_BACKENDS; ERR_INVALID_REQUEST for options out of range */
  constructor(backends: readonly BackendSpec[], options: MaglevOptions = {}) {
    const { tableSize = DEFAULT_TABLE_SIZE } = options;
    super("maglev", (hosts) => new MaglevTable(hosts, tableSize), options);
    this.updateBackends(backends);
  }
}
