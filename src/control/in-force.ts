// What the proxies were last told about a service. Survives a restart, so that the first assignment after it is byte for
// byte the last one before it.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { CatalogueInstance } from "../model/instance.js";
import { MemberTable } from "../stats/member-table.js";
import { idsOf } from "./endpoint-pool.js";
import { groupSums } from "./group-sums.js";
import { toldHealth } from "./levels.js";
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

/**
 * The next revision: the target for the pool, and for everybody else no share.
 * @param standby weights of those who take traffic as soon as Envoy finds the others wanting
 */
export function broughtIntoForce(
  before: InForce,
  target: Target,
  instances: readonly CatalogueInstance[],
  pool: EndpointPool,
  standby: ReadonlyMap<string, number>,
): InForce {
  const members = new MemberTable(UNTOLD, idsOf(instances, pool));
  const { ids, columns } = members;
  const wanted = targetTable(target, pool).alignedTo(ids).columns;
  const told = before.members.alignedTo(ids).columns;
  for (let i = 0; i < ids.length; i++) {
    // Out of the pool a weight is not used; keeping it makes leaving and coming back no weight change.
    columns.weight[i] = (wanted.weight[i] ?? 0) || standby.get(ids[i] ?? "") || (told.weight[i] ?? 0) || UNTOLD_WEIGHT;
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

/** Share over fair share, by registered weight, of those in the pool who take traffic; 0 for the others. */
export function ratiosInForce({ members }: InForce, pool: EndpointPool): Float64Array {
  const { ids, weights, left, groups } = pool;
  const weightOf = (i: number): number => (weights[i] ?? 1) * (left[i] ?? 1);
  const { share } = members.alignedTo(ids).columns;
  const shareSums = groupSums(pool, share);
  const weightSums = groupSums(
    pool,
    share.map((value, i) => (value > 0 ? weightOf(i) : 0)),
  );
  return share.map((value, i) => {
    const group = groups[i] ?? 0;
    return value <= 0 ? 0 : (value / weightOf(i)) * ((weightSums[group] ?? 1) / (shareSums[group] ?? 1));
  });
}

/**
 * A digest of everything about members that is not learned: what proxies see besides weights, the registered weight, and
 * who takes traffic. A difference is a membership change.
 */
export function membershipOf(instances: readonly CatalogueInstance[], pool: EndpointPool, lastResort: boolean): string {
  const serving = new Set(pool.ids);
  const digest = createHash("sha256");
  for (const { id, address, port, health, weight, priority, locality, hostname, drain } of instances) {
    const { region, zone, subZone } = locality;
    const told = toldHealth(health, lastResort);
    digest.update(JSON.stringify([id, address, port, told, weight, priority, region, zone, subZone, hostname]));
    digest.update(serving.has(id) ? `+${drain?.left ?? 1}` : "-");
  }
  return digest.digest("base64url");
}
