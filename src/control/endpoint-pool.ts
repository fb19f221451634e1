// The pool of a service as policies see it, from those who share out its traffic.
import { type EndpointPool, endpointPool } from "../balancers/endpoint-pool.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import type { TrafficGroup } from "./pool.js";

/**
 * @param before the pool until now: where its members stay, so does its array of ids, and with it the order of all tables
 */
export function pooled(groups: readonly TrafficGroup[], before?: EndpointPool): EndpointPool {
  const members = groups
    .flatMap(({ members: ofGroup, ...group }) =>
      ofGroup.map(({ id, weight, drain, locality: { region, zone, subZone } }) => ({
        id,
        weight,
        // In panic even those get traffic who should not.
        left: drain?.left || 1,
        // Nearness is compared among those only who share out the same traffic.
        locality: `${group.key} ${region}/${zone}/${subZone}`,
        group,
      })),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const isSame = before !== undefined && isInOrder(members, before.ids);
  return isSame ? endpointPool(members, before.ids) : endpointPool(members);
}

/** The ids of all that are registered: the array of the pool when all are in it. */
export function idsOf(instances: readonly CatalogueInstance[], { ids }: EndpointPool): readonly InstanceId[] {
  return isInOrder(instances, ids) ? ids : instances.map(({ id }) => id);
}

function isInOrder(members: readonly { readonly id: InstanceId }[], ids: readonly InstanceId[]): boolean {
  return members.length === ids.length && members.every(({ id }, i) => id === ids[i]);
}
