// A modifier holds the share of a faulty or new endpoint away from what the policy asks for. It is a pure function of
// signals and its own state; of shares it sees only the policy's own, which the policy does not change while a modifier
// acts, so the two cannot chase each other.
import type { InstanceId } from "../../model/ids.js";
import type { EndpointLoad } from "../../model/load.js";
import type { Factor } from "../../model/plan.js";
import type { ControlSettings } from "../settings.js";

export interface ModifierInput<State> {
  /** Milliseconds of traffic in `loads`; 0 = no new signals: answer from the state, for these endpoints. */
  readonly elapsedMs: number;
  /** Milliseconds since the previous evaluation with signals. */
  readonly gapMs: number;
  /** The pool: those that may take traffic, sorted. Positions are in this order. */
  readonly ids: readonly InstanceId[];
  /** In the order of the pool; undefined = nothing was measured. All undefined when `elapsedMs` is 0. */
  readonly loads: readonly (EndpointLoad | undefined)[];
  /** Completions of the whole service in this round, those out of the pool included. */
  readonly completions: number;
  /** Completions of the whole service per second, smoothed. */
  readonly serviceRps: number;
  /** Share that the policy alone gives, 0..1, as of the evaluation before; an equal share for newcomers. */
  readonly policyShareOf: (position: number) => number;
  readonly settings: ControlSettings;
  /** What the previous evaluation returned, or what JSON made of it. */
  readonly state: State | undefined;
}

/** What a modifier does to one endpoint now. */
export interface Effect {
  readonly factor: Factor;
  /** Short and for people; first in the explanation. */
  readonly reason: string;
  /** Changes when the effect begins, ends or changes its nature: then the push does not wait for the dead band. */
  readonly phase: string;
  /** Whether the policy must not learn from the endpoint meanwhile: true unless the effect is a brief relief. */
  readonly holds: boolean;
}

export type Effects = ReadonlyMap<number, Effect>;

export interface ModifierOutput<State> {
  /** By position, in their order; only endpoints that are not left alone. */
  readonly effects: Effects;
  /** Survives JSON; holds no absolute times. Never changed once returned. */
  readonly state: State;
}

export interface Modifier<State = unknown> {
  readonly name: string;
  /** Whether panic switches it off: true for those that react to faults. */
  readonly reactsToFaults: boolean;
  evaluate(input: ModifierInput<State>): ModifierOutput<State>;
}
