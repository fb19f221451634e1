// Whether the proxies must be told something now, and how urgently.
import type { EndpointPool } from "../balancers/endpoint-pool.js";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { Rule } from "./authority.js";
import { weightsByGroup } from "./group-weights.js";
import { isOutsideDeadBand } from "./guards/dead-band.js";
import type { Urgency } from "./guards/push-interval.js";
import type { InForce } from "./in-force.js";
import type { ControlSettings } from "./settings.js";
import type { Target } from "./target.js";

export interface PushNeed {
  /** Members, their health, or what people decided about them. */
  readonly membersChanged: boolean;
  /** The policy or an operator demands it, dead band or not. */
  readonly forced: boolean;
  readonly rule: Rule;
  /** Signals are stale, or awaited after a restart: nothing of the loop's own goes out. */
  readonly blind: boolean;
  /** A modifier set in or ended. */
  readonly phasesChanged: boolean;
  /** Callers are to be spread over zones in another way: because of members or policy, or of what was learned. */
  readonly splitDue: "members" | "weights" | undefined;
  /** In the order of which the target is. */
  readonly pool: EndpointPool;
  readonly target: Target;
  readonly inForce: InForce;
  readonly enforcement: EnvoyEnforcement;
  readonly guards: ControlSettings["guards"];
}

/** undefined = what is in force may stay. */
export function pushNeed(need: PushNeed): Urgency | undefined {
  const { rule, target, inForce, pool } = need;
  if (need.membersChanged || need.splitDue === "members" || (need.forced && rule !== "held")) return "members";
  if (rule === "held" || need.blind) return undefined;
  if (rule === "loop" && (need.phasesChanged || target.equal !== inForce.equal)) return "fault";
  if (need.splitDue !== undefined) return need.splitDue;
  const told = inForce.members.alignedTo(pool.ids).columns;
  const isTold = (i: number): boolean => (told.weight[i] ?? 0) > 0;
  const sharesBefore = Array.from(target.shares, (share, i) => (isTold(i) ? (told.share[i] ?? 0) : share));
  const change = {
    groups: pool.groups,
    sharesBefore,
    sharesAfter: target.shares,
    weightsBefore: told.weight.map((weight) => Math.max(1, weight)),
    weightsForSameShares: weightsByGroup(need.enforcement, pool, sharesBefore, target.inFlightPerWorker),
  };
  return isOutsideDeadBand(change, need.guards) ? "weights" : undefined;
}
