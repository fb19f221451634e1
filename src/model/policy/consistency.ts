// What the parts of a policy must have to do with each other, beyond what the schema says of each: checked when a policy is
// put, never when one is loaded, so that a rule that comes later breaks nobody's stored policy. A setting that would do
// nothing is refused: silence would be taken for consent.
import type { EnvoyEnforcement } from "../enforcement.js";
import { SteelyardError } from "../errors.js";
import type { ServicePolicy } from "../service.js";
import { failoverRules } from "./failover-rules.js";
import { hashRules } from "./hash-rules.js";
import { orcaRules } from "./orca-rules.js";
import type { PolicyRule } from "./policy-rule.js";
import { protocolRules } from "./protocol-rules.js";
import { retryRules } from "./retry-rules.js";
import { tlsRules } from "./tls-rules.js";

const RULES: readonly PolicyRule[] = [
  ...failoverRules,
  ...hashRules,
  ...orcaRules,
  ...protocolRules,
  ...retryRules,
  ...tlsRules,
];

/** @throws SteelyardError ERR_INVALID_REQUEST with all that the rules found */
export function checkConsistency(policy: ServicePolicy, enforcement: EnvoyEnforcement): void {
  const errors = RULES.flatMap((rule) => rule(policy, enforcement));
  if (errors.length > 0) throw new SteelyardError("ERR_INVALID_REQUEST", "the policy is not consistent", { errors });
}
