// What the proxies were last told about a service. Survives a restart, so that the first assignment after it is byte for
// byte the last one before it.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";

export interface InForceEntry {
  /** 1..2^32-1 */
  readonly weight: number;
  /** 0 = not in the pool. */
  readonly share: number;
  /** Grid step of `quantise`. */
  readonly step: number;
}

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
