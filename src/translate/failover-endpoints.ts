// The endpoints of a service with those of the services that take over: their priorities come after all of its own. Only
// their own instances are meant, not those that they would fail over to in turn, so that circles do no harm.
import type { ServiceName } from "../model/ids.js";
import { endpointKey } from "../model/instance.js";
import { takeoverServices } from "../model/policy/failover.js";
import type { Zone } from "../model/zone.js";
import { inZones } from "./near-callers.js";
import type { PlannedEndpoint, PlannedService } from "./planned-service.js";

const MAX_PRIORITY = 128;

/**
 * For callers that stand at `origin`, where the policy prefers those near them. Priorities without gaps; where two services have an address, the more preferred one keeps it,
 * as in Envoy.
 */
export function endpointsWithFailover(
  service: PlannedService,
  related: ReadonlyMap<ServiceName, PlannedService>,
  origin: Zone,
): readonly PlannedEndpoint[] {
  const { service: name, policy } = service.snapshot;
  const others = takeoverServices(name, policy.failover).flatMap((other) => related.get(other) ?? []);
  const isZoned = policy.failover?.locality !== undefined;
  const reached = (of: PlannedService): readonly PlannedEndpoint[] =>
    isZoned ? inZones(endpointsOf(of), of.plan.localities, origin) : endpointsOf(of);
  const own = reached(service);
  if (others.length === 0) return own;
  const taken = new Set<string>();
  const all: PlannedEndpoint[] = [];
  let levels = 0;
  for (const endpoints of [own, ...others.map(reached)]) {
    const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((a, b) => a - b);
    for (const endpoint of endpoints) {
      const key = endpointKey(endpoint.address, endpoint.port);
      if (taken.has(key)) continue;
      taken.add(key);
      all.push({ ...endpoint, priority: Math.min(MAX_PRIORITY, levels + priorities.indexOf(endpoint.priority)) });
    }
    levels += priorities.length;
  }
  return all;
}

/** Weight, share, health, address and priority are the plan's, locality and host name the catalogue's. */
function endpointsOf({ snapshot, plan }: PlannedService): readonly PlannedEndpoint[] {
  const registered = new Map(snapshot.instances.map((instance) => [instance.id, instance]));
  return plan.entries.flatMap(({ instance, address, port, priority, weight, share, health }) => {
    const known = registered.get(instance);
    if (known === undefined) return [];
    const { locality, hostname } = known;
    return [{ instance, address, port, priority, weight, share, health, locality, hostname }];
  });
}
