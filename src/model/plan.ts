// The result of control: how much of a service's traffic each instance should get, and why.
import type { EnvoyEnforcement } from "./enforcement.js";
import type { Freeze } from "./freeze.js";
import type { HealthStatus } from "./health.js";
import type { InstanceId, ServiceName } from "./ids.js";
import type { EndpointLoad, SignalMode } from "./load.js";
import type { Nearness, Zone } from "./zone.js";

/** One named term of the product that makes a share. 1 is neutral. */
export interface Factor {
  readonly name: string;
  /** > 0 and finite. */
  readonly value: number;
  /** Inputs in words, e.g. "212 ms against a mean of 21 ms". */
  readonly note?: string;
}

export interface PlanEntry {
  readonly instance: InstanceId;
  readonly address: string;
  readonly port: number;
  readonly priority: number;
  readonly health: HealthStatus;
  /** What Envoy is told, 1..2^32-1. Never 0: "no traffic" is a health status. */
  readonly weight: number;
  /**
   * Target share of what the service's own instances get, 0..1; the shares of those that take traffic add up to 1. 0 for
   * the others.
   */
  readonly share: number;
  /** Their product is `share` (law 7), up to rounding. Empty when the instance takes no traffic. */
  readonly factors: readonly Factor[];
  /** What holds the share away from its fair value, most important first. Empty = nothing. */
  readonly reasons: readonly string[];
  readonly load: EndpointLoad | undefined;
  /** Share that the loop computed, while it is not sent (shadow, freeze); undefined otherwise, and out of the pool. */
  readonly shadowShare?: number | undefined;
  /** The weight that would go with it. */
  readonly shadowWeight?: number | undefined;
}

/**
 * `frozen`: an operator froze the weights, or signals are stale, so the last ones stay. `shadow`: weights are computed, the
 * registered ones are in force. `panic`: too many are out, so nobody is singled out.
 */
export type PlanMode = (typeof PLAN_MODES)[number];
export const PLAN_MODES = ["normal", "degraded", "panic", "frozen", "shadow"] as const;

/**
 * What Envoy sends to the instances of one priority, as it works it out itself from their healths. All shares of a plan's
 * levels add up to 1, unless nobody can take traffic.
 */
export interface PlanLevel {
  /** Set when these are another service's instances, which take over. */
  readonly service?: ServiceName;
  readonly priority: number;
  /** Part of the traffic for its healthy instances, 0..1; in panic for all. */
  readonly share: number;
  /** Part for its degraded instances, 0..1. */
  readonly degradedShare: number;
  /** Health is ignored, too few are healthy. */
  readonly panic: boolean;
  readonly instances: number;
  readonly healthy: number;
  readonly degraded: number;
}

/** One zone of a priority. All parts are 0..1. */
export interface PlanZone extends Zone {
  /** Of the capacity of the priority: registered weights of its healthy instances, as far as nothing holds them back. */
  readonly capacity: number;
  /** Of the calls: those that come from here. */
  readonly demand: number;
  /** Of the traffic of the priority: what arrives here, from all zones. */
  readonly share: number;
  /** What callers here send to each zone, in their order; adds up to 1, unless nobody can take traffic. */
  readonly sends: readonly number[];
  /**
   * 0, unless those who could take traffic here are all degraded while others are healthy elsewhere: their part of all who
   * could. It stands in for `sends` where degraded instances are drawn; of what healthy ones take, nothing comes here.
   */
  readonly degradedPart: number;
}

export interface LocalityLevel {
  readonly priority: number;
  readonly zones: readonly PlanZone[];
  /** What callers in none of the zones send to each. */
  readonly elsewhere: readonly number[];
}

/** How callers are spread over zones where a policy prefers those near them. */
export interface PlanLocalities {
  readonly prefer: Nearness;
  readonly levels: readonly LocalityLevel[];
}

export interface WeightPlan {
  readonly service: ServiceName;
  /** Grows with every change of a weight, health or membership; kept across restarts. */
  readonly revision: number;
  readonly mode: PlanMode;
  /** Set while an operator's freeze holds. */
  readonly freeze?: Freeze | undefined;
  readonly policy: string;
  readonly signalMode: SignalMode;
  readonly enforcement: EnvoyEnforcement;
  /** Priorities, most preferred first. */
  readonly levels: readonly PlanLevel[];
  /** Absent where distance plays no part. */
  readonly localities?: PlanLocalities;
  readonly entries: readonly PlanEntry[];
}
