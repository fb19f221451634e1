// What `failover.services` of a policy may name, as a pure function: services that exist, without a circle, because two
// services that take over for each other would hand a failure to and fro.
import { type FieldError, SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import type { ServicePolicy } from "../model/service.js";

export type PolicyOf = (service: ServiceName) => ServicePolicy | undefined;

/** @param prefix of the pointers @throws SteelyardError ERR_INVALID_REQUEST */
export function assertFailover(service: ServiceName, policy: ServicePolicy, policyOf: PolicyOf, prefix = ""): void {
  const errors = failoverServices(policy).flatMap((target, index): FieldError[] => {
    const fault = faultOf(service, target, policyOf);
    return fault === undefined ? [] : [{ pointer: `${prefix}/failover/services/${index}`, detail: fault }];
  });
  if (errors.length === 0) return;
  throw new SteelyardError("ERR_INVALID_REQUEST", `failover of ${service}: ${errors[0]?.detail}`, { errors });
}

export function failoverServices(policy: ServicePolicy): readonly ServiceName[] {
  return policy.failover?.services ?? [];
}

function faultOf(service: ServiceName, target: ServiceName, policyOf: PolicyOf): string | undefined {
  if (target === service) return "is the service itself";
  if (policyOf(target) === undefined) return `there is no service ${target}`;
  const way = wayTo(service, target, policyOf);
  return way && `would close a circle: ${[service, ...way].join(" → ")}`;
}

/** Breadth first, so that the shortest is told; names that are gone lead nowhere. */
function wayTo(goal: ServiceName, start: ServiceName, policyOf: PolicyOf): readonly ServiceName[] | undefined {
  const seen = new Set([start]);
  const ways: (readonly ServiceName[])[] = [[start]];
  for (const way of ways) {
    const policy = policyOf(way.at(-1) ?? start);
    for (const next of policy ? failoverServices(policy) : []) {
      if (next === goal) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
