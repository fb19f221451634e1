// In which order the services of a manifest are written: each after those that it fails over to, so that every one of them
// is right on its own when its turn comes. Circles were refused before.
import type { ServiceName } from "../model/ids.js";
import type { Manifest } from "../model/manifest.js";
import { failoverServices, type PolicyOf } from "./failover-rules.js";

/** @param policyOf as it will be afterwards; services outside the manifest may lie between two of it */
export function orderOfServices(services: Manifest["services"], policyOf: PolicyOf): readonly ServiceName[] {
  const seen = new Set<ServiceName>();
  const order: ServiceName[] = [];
  const visit = (service: ServiceName): void => {
    if (seen.has(service)) return;
    seen.add(service);
    const policy = policyOf(service);
    for (const target of policy ? failoverServices(policy) : []) visit(target);
    if (Object.hasOwn(services, service)) order.push(service);
  };
  for (const service of Object.keys(services).sort()) visit(service as ServiceName);
  return order;
}
