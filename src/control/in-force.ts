// What the proxies were last told about a service. Survives a restart, so that the first assignment after it is byte for
// byte the last one before it.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { Target, Wanted } from "./target.js";

export interface InForceEntry {
  /** 1..2^32-1 */
  readonly weight: number;
  /** 0 = not in the pool. */
  readonly share: number;
  /** Grid step of `quantise`. */
  readonly step: number;
}

/** An instance that no proxy was told of yet. Its weight is a placeholder. */
export const UNTOLD: InForceEntry = { weight: 100, share: 0, step: 0 };

export interface InForce {
  readonly revision: number;
  /** Whether all shares are the fair ones on purpose. */
  readonly equal: boolean;
  /** n of the share law when the weights were computed. */
  readonly inFlightPerWorker: number;
  readonly entries: ReadonlyMap<InstanceId, InForceEntry>;
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
  return {
    revision: stored?.revision ?? 0,
    equal,
    inFlightPerWorker: stored?.inFlightPerWorker ?? 0,
    entries: new Map(entries.map(([id, entry]) => [id as InstanceId, entry])),
  };
}

/** The next revision: the target for the pool, and for everybody else no share. */
export function broughtIntoForce(
  { revision, entries }: InForce,
  target: Target,
  instances: readonly CatalogueInstance[],
): InForce {
  const weights = target.weights();
  const pool = new Map<InstanceId, InForceEntry>();
  for (const [i, { id, share, step }] of target.entries.entries())
    pool.set(id, { weight: weights[i] ?? 1, share, step });
  const next = new Map<InstanceId, InForceEntry>();
  for (const { id } of instances) {
    // Out of the pool a weight is not used; keeping it makes leaving and coming back no weight change.
    next.set(id, pool.get(id) ?? { weight: entries.get(id)?.weight ?? UNTOLD.weight, share: 0, step: 0 });
  }
  return {
    revision: revision + 1,
    equal: target.equal,
    inFlightPerWorker: target.inFlightPerWorker,
    entries: next,
  };
}

/** What would be in force if the loop had its way: the hysteresis of its guards goes by that, while it is withheld. */
export function asIfInForce(inForce: InForce, wanted: Pick<Wanted, "equal" | "steps"> | undefined): InForce {
  if (wanted === undefined) return inForce;
  const entries = new Map(Array.from(wanted.steps, ([id, step]) => [id, { ...UNTOLD, step }]));
  return { ...inForce, equal: wanted.equal, entries };
}

/** Share over fair share, by registered weight, of everybody who takes traffic. */
export function ratiosOf(
  { entries }: InForce,
  instances: readonly CatalogueInstance[],
): ReadonlyMap<InstanceId, number> {
  const shareOf = (id: InstanceId): number => entries.get(id)?.share ?? 0;
  const total = instances.reduce((sum, { id, weight }) => sum + (shareOf(id) > 0 ? weight : 0), 0);
  const ratios = new Map<InstanceId, number>();
  for (const { id, weight } of instances) if (shareOf(id) > 0) ratios.set(id, (shareOf(id) * total) / weight);
  return ratios;
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
