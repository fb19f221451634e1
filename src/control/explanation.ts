// The answer to "why is the weight of this instance what it is?": what the API, the CLI and the dashboard show.
import { lawOf } from "../balancers/enforcement/share-law.js";
import type { Freeze } from "../model/freeze.js";
import type { HealthStatus } from "../model/health.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import { completionsOf, type EndpointLoad, type SignalMode } from "../model/load.js";
import type { Factor, PlanEntry, PlanMode, WeightPlan } from "../model/plan.js";

/** One pushed change of this instance's weight, youngest first in `Explanation.history`. */
export interface PastDecision {
  readonly atWallMs: number;
  readonly revision: number;
  readonly weight: number;
  readonly share: number;
  readonly reasons: readonly string[];
}

export interface Explanation {
  readonly service: ServiceName;
  readonly instance: InstanceId;
  readonly policy: string;
  readonly mode: PlanMode;
  /** Set while an operator's freeze holds. */
  readonly freeze?: Freeze | undefined;
  readonly signalMode: SignalMode;
  readonly health: HealthStatus;
  readonly weight: number;
  /** Target share of the traffic, 0..1. */
  readonly share: number;
  /** What an equal split would give, 0..1. */
  readonly fairShare: number;
  /** Share of the completions of the last round, 0..1; undefined when nothing completed. */
  readonly measuredShare: number | undefined;
  /** What the loop computed, while an operator keeps it from being sent. */
  readonly shadowShare?: number | undefined;
  readonly shadowWeight?: number | undefined;
  /** Their product is `share`. */
  readonly factors: readonly Factor[];
  readonly reasons: readonly string[];
  /** How the share became the weight, e.g. "least_request: w = s(1 + s·n), n = 8.9 in flight per worker". */
  readonly enforcement: string;
  readonly load: EndpointLoad | undefined;
  readonly history: readonly PastDecision[];
}

export interface ExplanationParts {
  readonly plan: WeightPlan;
  readonly entry: PlanEntry;
  /** 0..1 */
  readonly fairShare: number;
  /** n of the share law when the weights were computed. */
  readonly inFlightPerWorker: number;
  /** Of the last round. */
  readonly loads: ReadonlyMap<InstanceId, EndpointLoad>;
  readonly history: readonly PastDecision[];
}

export function explain({ plan, entry, loads, inFlightPerWorker, ...rest }: ExplanationParts): Explanation {
  let completions = 0;
  for (const load of loads.values()) completions += completionsOf(load);
  return {
    service: plan.service,
    instance: entry.instance,
    policy: plan.policy,
    mode: plan.mode,
    freeze: plan.freeze,
    signalMode: plan.signalMode,
    health: entry.health,
    weight: entry.weight,
    share: entry.share,
    measuredShare: completions > 0 ? completionsOf(entry.load) / completions : undefined,
    shadowShare: entry.shadowShare,
    shadowWeight: entry.shadowWeight,
    factors: entry.factors,
    reasons: entry.reasons,
    enforcement: lawOf(plan.enforcement, inFlightPerWorker),
    load: entry.load,
    ...rest,
  };
}
