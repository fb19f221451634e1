// From what is in force to the entries of a plan: the shares that the proxies act on, with the factors of the latest
// evaluation and, where the two are kept apart, one more factor that says by what.
import type { HealthStatus } from "../model/health.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance, Drain } from "../model/instance.js";
import type { EndpointLoad } from "../model/load.js";
import type { Factor, PlanEntry } from "../model/plan.js";
import type { InstanceProbe } from "../model/probe.js";
import type { Draft } from "./draft.js";
import { type InForce, UNTOLD_WEIGHT } from "./in-force.js";
import { type Levels, toldHealth } from "./levels.js";

export interface PlanParts {
  readonly members: readonly CatalogueInstance[];
  readonly levels: Levels;
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

export function planEntries({ members, levels, inForce, draft, loads, apart, shadowWeights }: PlanParts): PlanEntry[] {
  const positions = new Map<InstanceId, number>();
  for (const [position, id] of draft.pool.ids.entries()) positions.set(id, position);
  const { weight: weights, share: shares } = inForce.members.alignedTo(members.map(({ id }) => id)).columns;
  return members.map(({ id, address, port, priority, health, drain, probe }, i): PlanEntry => {
    const weight = weights[i] || UNTOLD_WEIGHT;
    const share = shares[i] ?? 0;
    const position = positions.get(id);
    const shadowWeight = position === undefined ? undefined : shadowWeights?.[position];
    const shadowShare = shadowWeight === undefined ? undefined : draft.shares[position ?? -1];
    const serves = position !== undefined && share > 0;
    const told = toldHealth(health, levels.lastResort);
    return {
      instance: id,
      address,
      port,
      priority,
      health: told,
      weight,
      share: serves ? share : 0,
      factors: serves ? factorsOf(draft, position, share, apart) : [],
      reasons: serves
        ? [
            ...leavingReasons(drain),
            ...servingReasons(health, priority, levels),
            ...probeReasons(probe),
            ...draft.reasonsOf(position),
          ]
        : [outOfPool(told, priority, drain, probe)],
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

function leavingReasons(drain: Drain | undefined): readonly string[] {
  return drain !== undefined && drain.left > 0 ? [`draining: down to ${percent(drain.left)} of its share`] : [];
}

function probeReasons(probe: InstanceProbe | undefined): readonly string[] {
  const defied = probe !== undefined && probe.ignored && probe.verdict !== "passing";
  return defied ? [`probe ignored, for no instance passes: ${probe.detail}`] : [];
}

/** Why somebody takes traffic who would not if all were well. */
function servingReasons(health: HealthStatus, priority: number, { own, lastResort }: Levels): readonly string[] {
  if (lastResort && health === "TIMEOUT") return ["missed its heartbeats, used because nobody else is left"];
  const at = own.findIndex((level) => level.priority === priority);
  const level = own[at];
  if (level === undefined) return [];
  if (level.load.panic) return [`panic: too few of priority ${priority} are healthy, so health is ignored`];
  const { healthy, degraded } = level.load;
  if (health === "DEGRADED") return [`degraded: priority ${priority} sends ${percent(degraded)} to its degraded ones`];
  if (at === 0) return [];
  return [`takes ${percent(healthy)} that priorities before ${priority} cannot`];
}

const percent = (share: number): string => `${Math.round(100 * share)} %`;

function outOfPool(
  health: HealthStatus,
  priority: number,
  drain: Drain | undefined,
  probe: InstanceProbe | undefined,
): string {
  const takenOut = health === "UNHEALTHY" || health === "TIMEOUT";
  if (takenOut && probe !== undefined && !probe.ignored && probe.verdict !== "passing") return `probe: ${probe.detail}`;
  switch (health) {
    case "HEALTHY":
    case "UNKNOWN":
      return `standby (priority ${priority})`;
    case "DEGRADED":
      return "degraded: used when healthy ones cannot take everything";
    case "DRAINING":
      return drain === undefined
        ? "draining: no new requests"
        : `draining: no new requests; removed when none is in flight, or after ${drain.timeoutMs / 1_000} s`;
    case "TIMEOUT":
      return "missed its heartbeats";
    case "UNHEALTHY":
      return "not ready, or in maintenance";
  }
}
