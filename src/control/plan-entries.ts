// From what is in force to the entries of a plan: the shares that the proxies act on, with the factors of the latest
// evaluation and, where the two are kept apart, one more factor that says by what.
import type { HealthStatus } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { EndpointLoad } from "../model/load.js";
import type { Factor, PlanEntry } from "../model/plan.js";
import type { InstanceProbe } from "../model/probe.js";
import type { Draft } from "./draft.js";
import { type InForce, UNTOLD_WEIGHT } from "./in-force.js";

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
  for (const [position, id] of draft.pool.ids.entries()) positions.set(id, position);
  const told = inForce.members.alignedTo(members.map(({ id }) => id)).columns;
  return members.map(({ id, address, port, priority, health, probe }, i): PlanEntry => {
    const weight = told.weight[i] || UNTOLD_WEIGHT;
    const share = told.share[i] ?? 0;
    const position = positions.get(id);
    const shadowWeight = position === undefined ? undefined : shadowWeights?.[position];
    const shadowShare = shadowWeight === undefined ? undefined : draft.shares[position ?? -1];
    const serves = position !== undefined && share > 0;
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
      factors: serves ? factorsOf(draft, position, share, apart) : [],
      reasons: serves ? reasonsOf(draft, position, lastResort, probe) : [outOfPool(health, priority, probe)],
      load: loads.get(id),
      shadowShare,
      shadowWeight,
    };
  });
}

/** @param share what is in force */
function factorsOf(draft: Draft, position: number, share: number, apart: PlanParts["apart"]): readonly Factor[] {
  const factors = draft.factorsOf(position);
  const value = share / (draft.shares[position] ?? share);
  return Math.abs(value - 1) < 1e-9 ? factors : [...factors, { ...apart, value }];
}

function reasonsOf(
  draft: Draft,
  position: number,
  lastResort: boolean,
  probe: InstanceProbe | undefined,
): readonly string[] {
  const own = draft.reasonsOf(position);
  const defied = probe !== undefined && probe.ignored && probe.verdict !== "passing";
  const reasons = defied ? [`probe ignored, for no instance passes: ${probe.detail}`, ...own] : own;
  return lastResort ? ["missed its heartbeats, used because nobody else is left", ...reasons] : reasons;
}

function outOfPool(health: HealthStatus, priority: number, probe: InstanceProbe | undefined): string {
  const takenOut = health === "UNHEALTHY" || health === "TIMEOUT";
  if (takenOut && probe !== undefined && !probe.ignored && probe.verdict !== "passing") return `probe: ${probe.detail}`;
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
