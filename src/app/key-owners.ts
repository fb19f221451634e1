// Answers which instance a key goes to, by making the table that Envoy makes, of the very resources that Envoy has. What a
// proxy alone knows is not in it: hosts that it ejected, or that its own health checks have found ill.
import { KeyTables } from "../balancers/consistent-hash/key-tables.js";
import { type EnvoyEnforcement, isHashing } from "../model/enforcement.js";
import { SteelyardError } from "../model/errors.js";
import type { ServiceName } from "../model/ids.js";
import { endpointKey } from "../model/instance.js";
import type { KeyOwner } from "../model/key-owner.js";
import type { PlanEntry, WeightPlan } from "../model/plan.js";
import { assignedHosts } from "../translate/assignment-hosts.js";
import type { Published } from "./publisher.js";

/** A table takes about a microsecond per slot to make, in which nothing else is done. */
const MOST_SLOTS = 300_000;

export class KeyOwners {
  readonly #published: (service: ServiceName) => Published | undefined;
  /** Gone with the resources that they are made of. */
  readonly #tables = new WeakMap<Published["resources"], KeyTables>();

  constructor(published: (service: ServiceName) => Published | undefined) {
    this.#published = published;
  }

  /** @throws SteelyardError ERR_NO_OWNER */
  ownerOf(service: ServiceName, key: string): KeyOwner {
    const published = this.#published(service);
    if (!published) throw noOwner(`${service} has no instances yet`);
    const { enforcement, plans } = published;
    const owner = this.#tablesOf(service, published, enforcement).ownerOf(key);
    const found = owner && findEntry(plans, owner.host.address);
    if (!owner || !found) throw noOwner(`no instance of ${service} takes traffic`);
    const { entry, plan } = found;
    const { instance, address, port, priority, health } = entry;
    const { hash, slot, slots, hosts } = owner;
    return {
      service,
      key,
      hash,
      instance,
      instanceService: plan.service,
      address,
      port,
      priority,
      health,
      table: enforcement.policy,
      slot,
      slots,
      hosts,
      revision: plans[0]?.revision ?? 0,
    };
  }

  #tablesOf(service: ServiceName, { resources }: Published, enforcement: EnvoyEnforcement): KeyTables {
    if (!isHashing(enforcement)) throw noOwner(`the algorithm of ${service} does not hash`);
    const made = this.#tables.get(resources);
    if (made) return made;
    const assigned = assignedHosts(service, resources);
    if (!assigned) throw noOwner(`${service} has no instances yet`);
    const tables = new KeyTables(enforcement, assigned.levels, assigned);
    if (tables.mostSlots > MOST_SLOTS) {
      throw noOwner(`the table of ${service} has ${tables.mostSlots} slots, too many to make it here (${MOST_SLOTS})`);
    }
    this.#tables.set(resources, tables);
    return tables;
  }
}

function findEntry(plans: readonly WeightPlan[], at: string): { entry: PlanEntry; plan: WeightPlan } | undefined {
  for (const plan of plans) {
    const entry = plan.entries.find(({ address, port }) => endpointKey(address, port) === at);
    if (entry) return { entry, plan };
  }
  return undefined;
}

function noOwner(message: string): SteelyardError {
  return new SteelyardError("ERR_NO_OWNER", message);
}
