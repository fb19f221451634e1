// The one list of algorithms that can be a service's policy.
import type { EnvoyEnforcement } from "../model/enforcement.js";
import { SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";
import type { ServicePolicy } from "../model/service.js";
import { adaptivePolicy } from "./adaptive/policy.js";
import { consistentHashPolicy } from "./consistent-hash/policy.js";
import { leastConnectionsPolicy } from "./least-connections/policy.js";
import { leastLatencyPolicy } from "./least-latency/policy.js";
import { p2cPolicy } from "./p2c/policy.js";
import { peakEwmaPolicy } from "./peak-ewma/policy.js";
import { randomPolicy } from "./random/policy.js";
import { roundRobinPolicy } from "./round-robin/policy.js";
import type { WeightPolicy } from "./weight-policy.js";
import { weightedRoundRobinPolicy } from "./weighted-round-robin/policy.js";

/** A policy with its settings parsed and its types forgotten: what the control loop runs. */
export interface BoundPolicy {
  readonly policy: WeightPolicy;
  readonly config: unknown;
  readonly enforcement: EnvoyEnforcement;
}

// Each policy only ever receives the config its own schema made and the state it returned itself, so that its types may
// be forgotten here.
export const WEIGHT_POLICIES: readonly WeightPolicy[] = [
  adaptivePolicy,
  consistentHashPolicy,
  leastConnectionsPolicy,
  leastLatencyPolicy,
  p2cPolicy,
  peakEwmaPolicy,
  randomPolicy,
  roundRobinPolicy,
  weightedRoundRobinPolicy,
];

/** @throws SteelyardError ERR_UNKNOWN_POLICY, ERR_INVALID_REQUEST with pointers under `/settings` */
export function bindPolicy({ algorithm, settings }: Pick<ServicePolicy, "algorithm" | "settings">): BoundPolicy {
  const policy = WEIGHT_POLICIES.find(({ name }) => name === algorithm);
  if (policy === undefined) {
    const names = WEIGHT_POLICIES.map(({ name }) => name).join(", ");
    throw new SteelyardError("ERR_UNKNOWN_POLICY", `no algorithm ${JSON.stringify(algorithm)}; there are: ${names}`, {
      errors: [{ pointer: "/algorithm", detail: `one of: ${names}` }],
    });
  }
  const parsed = policy.configSchema.safeParse(settings);
  if (parsed.success) return { policy, config: parsed.data, enforcement: policy.enforcementOf(parsed.data) };
  throw new SteelyardError("ERR_INVALID_REQUEST", `settings of ${algorithm} are not valid`, {
    errors: fieldErrorsOf(parsed.error).map(({ pointer, detail }) => ({ pointer: `/settings${pointer}`, detail })),
  });
}
