// Consistent hashing on a ring of virtual nodes: adding or removing one of n backends moves about 1/n of the keys, and
// only to or from that backend.
import { SteelyardError } from "../../model/errors.js";
import type { BackendSpec } from "../load-balancer.js";
import { type BoundedLoadOptions, HashingBalancer } from "./hashing-balancer.js";
import { HashRing, MAX_RING_SIZE } from "./ring.js";

export interface ConsistentHashOptions extends BoundedLoadOptions {
  /** Points on the ring per backend of average weight; others in proportion. 1..8,388,608, default 100. */
  readonly virtualNodes?: number;
  /**
   * Points on the whole ring at least, as Envoy's `minimum_ring_size`; instead of `virtualNodes`, to predict a proxy that
   * is configured so. A fixed size means that the points of those that stay change with the number of backends.
   */
  readonly minimumRingSize?: number;
  /** Envoy's `maximum_ring_size`. Default and most: 8,388,608. */
  readonly maximumRingSize?: number;
}

export class ConsistentHashBalancer extends HashingBalancer {
  /** @throws SteelyardError ERR_INVALID_BACKENDS; ERR_INVALID_REQUEST for options out of range */
  constructor(backends: readonly BackendSpec[], options: ConsistentHashOptions = {}) {
    const { virtualNodes = 100, minimumRingSize, maximumRingSize: maximum = MAX_RING_SIZE } = options;
    for (const [option, value] of Object.entries({ virtualNodes, minimumRingSize: minimumRingSize ?? 1, maximum })) {
      if (Number.isInteger(value) && value >= 1 && value <= MAX_RING_SIZE) continue;
      throw new SteelyardError("ERR_INVALID_REQUEST", `${option} must be an integer 1..${MAX_RING_SIZE}, not ${value}`);
    }
    super(
      "consistent-hash",
      (hosts) => new HashRing(hosts, { minimum: minimumRingSize ?? virtualNodes * hosts.length, maximum }),
      options,
    );
    this.updateBackends(backends);
  }
}
