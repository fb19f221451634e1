// The endpoints of a service with those of the services that take over: their priorities come after all of its own. Only
// their own instances are meant, not those that they would fail over to in turn, so that circles do no harm.
import type { ServiceName } from "../model/ids.js";
import { endpointKey } from "../model/instance.js";
import { takeoverServices } from "../model/policy/failover.js";
import { type Zone, zoneOf } from "../model/zone.js";
import { inZones } from "./near-callers.js";
import type { PlannedEndpoint, PlannedService } from "./planned-service.js";

const MAX_PRIORITY = 128;

/**
 * Priorities without gaps; where two services have an address, the more preferred one keeps it, as in Envoy.
 * @param origin where the callers stand, where the policy prefers instances near them
 */
export function endpointsWithFailover(
  service: PlannedService,
  related: ReadonlyMap<ServiceName, PlannedService>,
  origin: Zone,
): readonly PlannedEndpoint[] {
  const { service: name, policy } = service.snapshot;
  const others = takeoverServices(name, policy.failover).flatMap((other) => related.get(other) ?? []);
  const preference = policy.failover?.locality;
  // What takes over may look closer than this service does, whose callers are told apart no further than it says.
  const reached = (of: PlannedService): readonly PlannedEndpoint[] =>
    preference === undefined
      ? endpointsOf(of)
      : inZones(endpointsOf(of), of.plan.localities, zoneOf(origin, preference.prefer));
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
