// What is to be in force next. Usually what the loop wants; in shadow the registered weights stand in for it, and under a
// freeze what is in force already (held-shares.ts).
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import { type Draft, fairShareOf } from "./draft.js";
import { weightsByGroup } from "./group-weights.js";

/** In the order of the pool. */
export interface Target {
  /** Each > 0; they add up to 1. */
  readonly shares: Float64Array;
  /** Grid steps of `quantise`; undefined where it did not act. */
  readonly steps: Float64Array | undefined;
  readonly reasonsOf: (position: number) => readonly string[];
  /** Whether all shares are the fair ones on purpose. */
  readonly equal: boolean;
  /** n of the share law behind the weights. */
  readonly inFlightPerWorker: number;
  /** Worked out only when they are sent. */
  readonly weights: () => readonly number[];
  /** Relative shares that are held once this is in force, where that is so. */
  readonly held?: ReadonlyMap<InstanceId, number>;
}

/** What the loop wants. */
export interface Wanted {
  readonly draft: Draft;
  readonly equal: boolean;
  /** As in `Target`. */
  readonly steps: Float64Array | undefined;
}

/** @param inFlightPerWorker as of now */
export function loopTarget(
  { draft: { pool, shares, reasonsOf }, equal, steps }: Wanted,
  enforcement: EnvoyEnforcement,
  inFlightPerWorker: number,
): Target {
  const weights = byLaw(pool, shares, enforcement, inFlightPerWorker);
  return { shares, steps, reasonsOf, equal, inFlightPerWorker, weights };
}

/** Every member of the pool by its registered weight. */
export function registeredTarget(
  { draft: { pool } }: Pick<Wanted, "draft">,
  enforcement: EnvoyEnforcement,
  inFlightPerWorker: number,
): Target {
  const shares = pool.weights.map((_, i) => fairShareOf(pool, i));
  const weights = byLaw(pool, shares, enforcement, inFlightPerWorker);
  return { shares, steps: undefined, reasonsOf: () => [], equal: true, inFlightPerWorker, weights };
}

function byLaw(
  pool: EndpointPool,
  shares: Float64Array,
  enforcement: EnvoyEnforcement,
  n: number,
): () => readonly number[] {
  return () => weightsByGroup(enforcement, pool, shares, n);
}
