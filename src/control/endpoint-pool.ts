// The pool of a service as policies see it, from the members of its catalogue.
import { type EndpointPool, endpointPool } from "../balancers/endpoint-pool.js";
import type { InstanceId } from "../model/ids.js";
import type { CatalogueInstance } from "../model/instance.js";
import { poolOf } from "./pool.js";

/**
 * @param instances all that are registered, sorted by id
 * @param before the pool until now: where its members stay, so does its array of ids, and with it the order of all tables
 */
export function pooled(instances: readonly CatalogueInstance[], before?: EndpointPool): EndpointPool {
  const members = poolOf(instances).map(({ id, weight, locality: { region, zone, subZone } }) => ({
    id,
    weight,
    locality: `${region}/${zone}/${subZone}`,
  }));
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
