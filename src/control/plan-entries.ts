// From what is in force to the entries of a plan: the shares that the proxies act on, with the factors of the latest
// evaluation and, where the two are kept apart, one more factor that says by what.
import type { HealthStatus } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { EndpointLoad } from "../model/load.js";
import type { Factor, PlanEntry } from "../model/plan.js";
import type { Draft, DraftEntry } from "./draft.js";
import { type InForce, UNTOLD } from "./in-force.js";

export interface PlanParts {
  readonly members: readonly CatalogueInstance[];
  readonly inForce: InForce;
  /** What the loop wants. */
  readonly draft: Draft;
  readonly loads: ReadonlyMap<InstanceId, EndpointLoad>;
  /** Why what the loop wants is not in force: name and note of a factor. */
  readonly apart: Pick<Factor, "name" | "note">;
  /** Weights that the draft would have, in its order; given while an operator keeps them from being sent. */
  readonly shadowWeights: readonly number[] | undefined;
}

export const NOT_SENT: PlanParts["apart"] = {
  name: "not sent",
  note: "within the dead band, or waiting for the next push",
};

export function planEntries({ members, inForce, draft, loads, apart, shadowWeights }: PlanParts): PlanEntry[] {
  const positions = new Map<InstanceId, number>();
  for (const [position, { id }] of draft.entries()) positions.set(id, position);
  return members.map(({ id, address, port, priority, health }): PlanEntry => {
    const { weight, share } = inForce.entries.get(id) ?? UNTOLD;
    const position = positions.get(id);
    const wanted = position === undefined ? undefined : draft[position];
    const shadowWeight = position === undefined ? undefined : shadowWeights?.[position];
    const shadowShare = shadowWeight === undefined ? undefined : wanted?.share;
    const serves = wanted !== undefined && share > 0;
    // As healthy, or Envoy would send nothing to the only ones that may still answer.
    const lastResort = serves && health === "TIMEOUT";
    return {
      instance: id,
      address,
      port,
      priority,
      health: lastResort ? "HEALTHY" : health,
      weight,
      share: serves ? share : 0,
      factors: serves ? heldAt(wanted, share, apart) : [],
      reasons: serves ? reasonsOf(wanted, lastResort) : [outOfPool(health, priority)],
      load: loads.get(id),
      shadowShare,
      shadowWeight,
    };
  });
}

function heldAt(entry: DraftEntry, share: number, apart: PlanParts["apart"]): readonly Factor[] {
  const value = share / entry.share;
  if (Math.abs(value - 1) < 1e-9) return entry.factors;
  return [...entry.factors, { ...apart, value }];
}

function reasonsOf({ reasons }: DraftEntry, lastResort: boolean): readonly string[] {
  return lastResort ? ["missed its heartbeats, used because nobody else is left", ...reasons] : reasons;
}

function outOfPool(health: HealthStatus, priority: number): string {
  switch (health) {
    case "HEALTHY":
    case "UNKNOWN":
      return `standby (priority ${priority})`;
    case "DEGRADED":
      return "degraded: used when no healthy instance is left";
    case "DRAINING":
      return "draining: no new requests";
    case "TIMEOUT":
      return "missed its heartbeats";
    case "UNHEALTHY":
      return "not ready, or in maintenance";
  }
}
