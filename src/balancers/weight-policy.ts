// The fleet face of an algorithm: from signals to target shares, as a pure function, state in and state out.
import type { z } from "zod";
import type { EnvoyEnforcement } from "../model/enforcement.js";
import type { InstanceId } from "../model/ids.js";
import type { EndpointLoad, SignalMode } from "../model/load.js";
import type { Factor } from "../model/plan.js";
import type { EndpointPool } from "./endpoint-pool.js";

export interface PolicyInput<Config, State> {
  /** Milliseconds of traffic that `loads` covers; 0 = no new signals, so project the state without learning. */
  readonly elapsedMs: number;
  /**
   * Milliseconds since the previous evaluation with signals, by which old evidence fades. Equal to `elapsedMs` in a
   * steady loop, longer after a gap (restart, silence); 0 when `elapsedMs` is 0.
   */
  readonly gapMs: number;
  /** Only endpoints that may take traffic. */
  readonly pool: EndpointPool;
  /**
   * Positions of endpoints that the policy must not learn from now (anti-windup): a modifier holds their traffic away
   * from what the policy asked for.
   */
  readonly held: ReadonlySet<number>;
  /** One complete round, in the order of the pool; undefined = nothing was measured. All undefined when `elapsedMs` is 0. */
  readonly loads: readonly (EndpointLoad | undefined)[];
  /** The whole round, those out of the pool included. */
  readonly serviceLoads: ReadonlyMap<InstanceId, EndpointLoad>;
  readonly signalMode: SignalMode;
  /** Envoy worker threads of all proxies that report, >= 1. */
  readonly workers: number;
  readonly config: Config;
  /** What the previous evaluation returned, or what JSON made of it; undefined at the first. */
  readonly state: State | undefined;
}

export interface PolicyOutput<State> {
  /** Share of every endpoint relative to an equal split, up to a common scale, in the order of the pool. Finite and > 0. */
  readonly products: Float64Array;
  /**
   * The named terms that make the product of the endpoint at `position`, put together when somebody asks: few rounds are
   * ever explained. Answers as of this evaluation, however late it is asked.
   */
  readonly factorsOf: (position: number) => readonly Factor[];
  /** Survives JSON, and so a restart; holds no absolute times. Never changed once returned. */
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
