// The fleet face of an algorithm: from signals to target shares, as a pure function, state in and state out.
import type { z } from "zod";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { EndpointLoad, SignalMode } from "../model/load.js";
import type { Factor } from "../model/plan.js";

export interface PolicyEndpoint {
  readonly id: InstanceId;
  /** Registered relative capacity, 1..65535. */
  readonly weight: number;
  /** Endpoints of one locality are equally far away; between localities latencies do not compare. */
  readonly locality: string;
  /**
   * Why the policy must not learn from this endpoint now (anti-windup): a modifier holds its traffic away from what
   * the policy asked for. undefined = learn.
   */
  readonly hold: string | undefined;
}

export interface PolicyInput<Config, State> {
  /** Milliseconds of traffic that `loads` covers; 0 = no new signals, so project the state without learning. */
  readonly elapsedMs: number;
  /**
   * Milliseconds since the previous evaluation with signals, by which old evidence fades. Equal to `elapsedMs` in a
   * steady loop, longer after a gap (restart, silence); 0 when `elapsedMs` is 0.
   */
  readonly gapMs: number;
  /** Only endpoints that may take traffic, sorted by id. */
  readonly endpoints: readonly PolicyEndpoint[];
  /** One complete round. Empty when `elapsedMs` is 0. */
  readonly loads: ReadonlyMap<InstanceId, EndpointLoad>;
  readonly signalMode: SignalMode;
  /** Envoy worker threads of all proxies that report, >= 1. */
  readonly workers: number;
  readonly config: Config;
  /** What the previous evaluation returned; undefined at the first. */
  readonly state: State | undefined;
}

export interface PolicyOutput<State> {
  /** For every endpoint the named terms whose product is its share relative to an equal split. All finite and > 0. */
  readonly factors: ReadonlyMap<InstanceId, readonly Factor[]>;
  /** JSON value, so that it survives a restart; holds no absolute times. */
  readonly state: State;
}

export interface WeightPolicy<Config = unknown, State = unknown> {
  readonly name: string;
  readonly summary: string;
  /** Parses `settings` of the service policy; every field has a default, a range and a description. */
  readonly configSchema: z.ZodType<Config>;
  /** How Envoy acts on the weights. It follows from the settings alone: a Cluster must not change with load. */
  enforcementOf(config: Config): EnvoyEnforcement;
  /** Whether the modifiers (error, brake, ramp) apply on top. Static policies answer false. */
  readonly dynamic: boolean;
  evaluate(input: PolicyInput<Config, State>): PolicyOutput<State>;
}
