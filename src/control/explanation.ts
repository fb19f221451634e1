// The answer to "why is the weight of this instance what it is?": what the API, the CLI and the dashboard show.
import type { HealthStatus } from "../model/health.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { EndpointLoad, SignalMode } from "../model/load.js";
import type { Factor, PlanMode } from "../model/plan.js";

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
  readonly signalMode: SignalMode;
  readonly health: HealthStatus;
  readonly weight: number;
  /** Target share of the traffic, 0..1. */
  readonly share: number;
  /** What an equal split would give, 0..1. */
  readonly fairShare: number;
  /** Share of the completions of the last round, 0..1; undefined when nothing completed. */
  readonly measuredShare: number | undefined;
  /** Their product is `share`. */
  readonly factors: readonly Factor[];
  readonly reasons: readonly string[];
  /** How the share became the weight, e.g. "least_request: w = s(1 + s·n), n = 8.9 in flight per worker". */
  readonly enforcement: string;
  readonly load: EndpointLoad | undefined;
  readonly history: readonly PastDecision[];
}
