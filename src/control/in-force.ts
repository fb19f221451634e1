// What the proxies were last told about a service. Survives a restart, so that the first assignment after it is byte for
// byte the last one before it.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { CatalogueInstance } from "../model/instance.js";
import { MemberTable } from "../stats/member-table.js";
import { idsOf } from "./endpoint-pool.js";
import type { Target } from "./target.js";

/** An instance that no proxy was told of yet. */
const UNTOLD = {
  /** 1..2^32-1; 0 = untold. */
  weight: 0,
  /** 0 = not in the pool. */
  share: 0,
  /** Grid step of `quantise`; NaN = untold. */
  step: Number.NaN,
};

/** What an instance has until it takes traffic; a placeholder. */
export const UNTOLD_WEIGHT = 100;

type Field = keyof typeof UNTOLD;

export interface InForce {
  readonly revision: number;
  /** Whether all shares are the fair ones on purpose. */
  readonly equal: boolean;
  /** n of the share law when the weights were computed. */
  readonly inFlightPerWorker: number;
  /** One row for everybody who is registered. */
  readonly members: MemberTable<Field>;
}

export const inForceSchema = z.object({
  revision: z.int().min(0),
  equal: z.boolean(),
  inFlightPerWorker: z.number().min(0),
  entries: z.record(
    z.string(),
    z.object({ weight: z.int().min(1).max(4_294_967_295), share: z.number().min(0).max(1), step: z.int() }),
  ),
});

/** As it was stored; nothing when there is none. @param equal whether what was told of equality still counts */
export function restoredInForce(stored: z.output<typeof inForceSchema> | undefined, equal: boolean): InForce {
  const entries = Object.entries(stored?.entries ?? {});
  const members = new MemberTable(
    UNTOLD,
    entries.map(([id]) => id),
  );
  for (const [i, [, { weight, share, step }]] of entries.entries()) {
    members.columns.weight[i] = weight;
    members.columns.share[i] = share;
    members.columns.step[i] = step;
  }
  return { revision: stored?.revision ?? 0, equal, inFlightPerWorker: stored?.inFlightPerWorker ?? 0, members };
}

/** As it is stored. */
export function storedInForce({ members, ...rest }: InForce): z.output<typeof inForceSchema> {
  const { weight, share, step } = members.columns;
  const entries = members.ids.map((id, i): [string, { weight: number; share: number; step: number }] => [
    id,
    { weight: weight[i] ?? UNTOLD_WEIGHT, share: share[i] ?? 0, step: step[i] ?? 0 },
  ]);
  return { ...rest, entries: Object.fromEntries(entries) };
}

/** The next revision: the target for the pool, and for everybody else no share. */
export function broughtIntoForce(
  before: InForce,
  target: Target,
  instances: readonly CatalogueInstance[],
  pool: EndpointPool,
): InForce {
  const members = new MemberTable(UNTOLD, idsOf(instances, pool));
  const { ids, columns } = members;
  const wanted = targetTable(target, pool).alignedTo(ids).columns;
  const told = before.members.alignedTo(ids).columns;
  for (let i = 0; i < ids.length; i++) {
    // Out of the pool a weight is not used; keeping it makes leaving and coming back no weight change.
    columns.weight[i] = (wanted.weight[i] ?? 0) || (told.weight[i] ?? 0) || UNTOLD_WEIGHT;
    columns.share[i] = wanted.share[i] ?? 0;
    const step = wanted.step[i] ?? Number.NaN;
    columns.step[i] = Number.isNaN(step) ? 0 : step;
  }
  const { equal, inFlightPerWorker } = target;
  return { revision: before.revision + 1, equal, inFlightPerWorker, members };
}

function targetTable(target: Target, { ids }: EndpointPool): MemberTable<Field> {
  const table = new MemberTable(UNTOLD, ids);
  table.columns.weight.set(target.weights());
  table.columns.share.set(target.shares);
  if (target.steps !== undefined) table.columns.step.set(target.steps);
  return table;
}

/**
 * Share over fair share, by registered weight, of those in the pool who take traffic; 0 for the others.
 * @param instances all that are registered
 */
export function ratiosInForce(
  { members }: InForce,
  instances: readonly CatalogueInstance[],
  pool: EndpointPool,
): Float64Array {
  const ids = idsOf(instances, pool);
  const { share } = members.alignedTo(ids).columns;
  let total = 0;
  for (const [i, { weight }] of instances.entries()) if ((share[i] ?? 0) > 0) total += weight;
  const inPool = members.alignedTo(pool.ids).columns.share;
  return inPool.map((value, i) => (value * total) / (pool.weights[i] ?? 1));
}

/**
 * A digest of everything about members that is decided by people: what proxies see besides weights, and the registered
 * weight. A difference is a membership change.
 */
export function membershipOf(instances: readonly CatalogueInstance[]): string {
  const digest = createHash("sha256");
  for (const { id, address, port, health, weight, priority, locality, hostname } of instances) {
    const { region, zone, subZone } = locality;
    digest.update(JSON.stringify([id, address, port, health, weight, priority, region, zone, subZone, hostname]));
  }
  return digest.digest("base64url");
}
