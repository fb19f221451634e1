// Weights of those who would serve and get nothing now, because better ones can take it all: by what they registered. Envoy
// turns to them the moment it finds the others wanting, which may be before anybody here has heard of it.

import { weightsFor } from "../balancers/enforcement/share-law.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { Level } from "./levels.js";

/** @param inFlightPerWorker n of the share law, should all traffic go there */
export function standbyWeights(
  levels: readonly Level[],
  enforcement: EnvoyEnforcement,
  inFlightPerWorker: number,
): ReadonlyMap<InstanceId, number> {
  const weights = new Map<InstanceId, number>();
  const add = (members: readonly CatalogueInstance[]): void => {
    const total = members.reduce((sum, { weight }) => sum + weight, 0);
    const shares = members.map(({ weight }) => weight / total);
    const ofGroup = weightsFor(enforcement, shares, inFlightPerWorker);
    for (const [i, { id }] of members.entries()) weights.set(id, ofGroup[i] ?? 1);
  };
  for (const { healthy, degraded, load } of levels) {
    if (load.panic) continue;
    if (load.healthy === 0) add(healthy);
    if (load.degraded === 0) add(degraded);
  }
  return weights;
}
