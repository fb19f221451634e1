// A rule about a policy as a whole; consistency.ts lists them.
import type { EnvoyEnforcement } from "../enforcement.js";
import type { FieldError } from "../errors.js";
import type { ServicePolicy } from "../service.js";

/** What is wrong with a policy, by JSON pointer; nothing = it is fine. `enforcement` is the one of its algorithm. */
export type PolicyRule = (policy: ServicePolicy, enforcement: EnvoyEnforcement) => readonly FieldError[];
