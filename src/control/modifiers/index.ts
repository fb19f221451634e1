// The modifiers of every dynamic policy, in the order in which their reasons are told.
import { errorFactor } from "./error-factor.js";
import { latencyBrake } from "./latency-brake.js";
import type { Modifier } from "./modifier.js";
import { ramp } from "./ramp.js";

export type { Effects } from "./modifier.js";

// Each gets back only the state it returned itself, so that the types of the states may be forgotten here.
export const MODIFIERS: readonly Modifier[] = [errorFactor, latencyBrake, ramp];
