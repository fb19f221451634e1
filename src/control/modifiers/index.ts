// The modifiers of every dynamic policy, in the order in which their reasons are told.
import { errorFactor } from "./error-factor.js";
import { latencyBrake } from "./latency-brake.js";
import type { Modifier } from "./modifier.js";
import { ramp } from "./ramp.js";

export type { Effect } from "./modifier.js";

// Each modifier gets back only the state it returned itself, so forgetting its type is safe.
const erase = <State>(modifier: Modifier<State>): Modifier => modifier as unknown as Modifier;

export const MODIFIERS: readonly Modifier[] = [erase(errorFactor), erase(latencyBrake), erase(ramp)];
