// What the parts of a rule must have to do with each other and with the services that it names: checked when a route is put,
// never when one is loaded. A setting that would do nothing is refused, as in policies.
import type { FieldError } from "../errors.js";
import type { ServiceName } from "../ids.js";
import { everyPlaceDecides } from "../policy/hash-rules.js";
import { retryRules } from "../policy/retry-rules.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy } from "../service.js";
import { type Rule, targetsOf } from "./rule.js";

export interface RuleSurroundings {
  /** Undefined: there is no such service. */
  readonly policyOf: (service: ServiceName) => ServicePolicy | undefined;
  /** Whether the algorithm of a policy hashes a key of the request. */
  readonly hashes: (policy: ServicePolicy) => boolean;
}

/** Pointers are those within the rule. */
export function inconsistenciesOf(rule: Rule, { policyOf, hashes }: RuleSurroundings): readonly FieldError[] {
  const policies = targetsOf(rule).map(({ service }) => policyOf(service) ?? DEFAULT_SERVICE_POLICY);
  const [first = DEFAULT_SERVICE_POLICY, ...others] = policies;
  const { timeouts } = others.length === 0 ? first : DEFAULT_SERVICE_POLICY;
  const requestMs = rule.timeouts?.requestMs ?? timeouts.requestMs;
  return [
    ...retryRules.flatMap((check) => check({ retry: rule.retry, timeouts: { requestMs } })),
    ...everyPlaceDecides(rule),
    ...hashingFaults(rule, others.length > 0, policies.some(hashes)),
  ];
}

function hashingFaults({ hashPolicy }: Rule, isSplit: boolean, isHashed: boolean): readonly FieldError[] {
  const pointer = "/hashPolicy";
  if (hashPolicy !== undefined && !isHashed)
    return [{ pointer, detail: "no service in `to` has an algorithm that hashes" }];
  if (hashPolicy === undefined && isHashed && isSplit) {
    return [{ pointer, detail: "a split with a service that hashes must say where a request has its key" }];
  }
  return [];
}
