// A registry in a few lines: the semantics that the API promises, without leases, store or limits. `failure` makes every
// write throw, as a store that is down would.

import type { LeaseGrant, RegistryPort } from "../../../src/api/ports.js";
import { type ErrorCode, SteelyardError } from "../../../src/model/errors.js";
import type { InstanceId, ServiceName } from "../../../src/model/ids.js";
import type { CatalogueInstance, Instance } from "../../../src/model/instance.js";
import { effectiveHealth } from "../../../src/model/instance.js";
import { DEFAULT_SERVICE_POLICY, type ServicePolicy, type ServiceSnapshot } from "../../../src/model/service.js";
import { WatchableMap } from "../../../src/runtime/watchable-map.js";

const LEASE: LeaseGrant = { ttlMs: 30_000, heartbeatAfterMs: 9_800, degraded: false };

export class FakeRegistry implements RegistryPort {
  readonly services = new WatchableMap<ServiceName, ServiceSnapshot>();
  readonly beats: string[] = [];
  failure: ErrorCode | undefined;
  heartbeatAfterMs = LEASE.heartbeatAfterMs;
  #revision = 0;

  get(service: ServiceName, id: InstanceId): CatalogueInstance | undefined {
    return this.services.get(service)?.instances.find((instance) => instance.id === id);
  }

  revision(): number {
    return this.#revision;
  }

  register: RegistryPort["register"] = async (service, id, spec, options) => {
    this.#mayFail();
    const known = this.get(service, id);
    if (options.ifNoneMatch && known) throw new SteelyardError("ERR_ALREADY_EXISTS", `${id} exists`);
    this.#checkRevision(options.ifMatch, known?.revision);
    if (known && known.generation !== spec.generation && !options.takeover) {
      throw new SteelyardError("ERR_GENERATION_CONFLICT", `${id} is owned by another process`);
    }
    const twin = this.services
      .get(service)
      ?.instances.find((other) => other.id !== id && other.address === spec.address && other.port === spec.port);
    if (twin) throw new SteelyardError("ERR_ADDRESS_CONFLICT", `${twin.id} has this address`);
    const lease = { ...LEASE, heartbeatAfterMs: this.heartbeatAfterMs };
    const same =
      known &&
      Object.entries(spec).every(
        ([key, value]) => JSON.stringify(known[key as keyof Instance]) === JSON.stringify(value),
      );
    if (same) return { instance: known, outcome: "unchanged", lease };
    const instance = this.#store({
      ...spec,
      service,
      id,
      adminState: known?.adminState ?? "ready",
      registeredAtMs: 0,
      revision: 0,
    });
    return { instance, outcome: known ? "changed" : "created", lease };
  };

  patch: RegistryPort["patch"] = async (service, id, { weight, status }, { ifMatch }) => {
    this.#mayFail();
    const known = this.#known(service, id);
    this.#checkRevision(ifMatch, known.revision);
    return this.#store({ ...known, weight: weight ?? known.weight, status: status ?? known.status });
  };

  deregister: RegistryPort["deregister"] = async (service, id, { ifMatch, generation }) => {
    this.#mayFail();
    const known = this.get(service, id);
    if (!known) return false;
    this.#checkRevision(ifMatch, known.revision);
    if (generation !== undefined && generation !== known.generation)
      throw new SteelyardError("ERR_GENERATION_CONFLICT", `${id} has another generation`);
    this.#publish(service, (instances) => instances.filter((other) => other.id !== id));
    return true;
  };

  heartbeat: RegistryPort["heartbeat"] = (service, id, { generation }) => {
    const known = this.#known(service, id);
    if (generation !== undefined && generation !== known.generation)
      throw new SteelyardError("ERR_GENERATION_CONFLICT", `${id} has another generation`);
    this.beats.push(`${service}/${id}`);
    return { ...LEASE, heartbeatAfterMs: this.heartbeatAfterMs };
  };

  drain: RegistryPort["drain"] = async (service, id) => {
    this.#mayFail();
    return this.#store({ ...this.#known(service, id), status: "draining" });
  };

  setAdminState: RegistryPort["setAdminState"] = async (service, id, adminState) => {
    this.#mayFail();
    return this.#store({ ...this.#known(service, id), adminState });
  };

  putService: RegistryPort["putService"] = async (service, policy, { ifMatch }) => {
    this.#mayFail();
    const known = this.services.get(service);
    this.#checkRevision(ifMatch, known?.revision);
    if (known && JSON.stringify(known.policy) === JSON.stringify(policy))
      return { snapshot: known, outcome: "unchanged" };
    const snapshot = this.#publish(service, (instances) => instances, policy);
    return { snapshot, outcome: known ? "changed" : "created" };
  };

  deleteService: RegistryPort["deleteService"] = async (service) => {
    this.#mayFail();
    const known = this.services.get(service) !== undefined;
    this.services.delete(service);
    return known;
  };

  #known(service: ServiceName, id: InstanceId): CatalogueInstance {
    const known = this.get(service, id);
    if (!known) throw new SteelyardError("ERR_UNKNOWN_INSTANCE", `service ${service} has no instance ${id}`);
    return known;
  }

  #checkRevision(ifMatch: number | undefined, current: number | undefined): void {
    if (ifMatch !== undefined && ifMatch !== current)
      throw new SteelyardError("ERR_REVISION_MISMATCH", `the revision is ${current}`);
  }

  #mayFail(): void {
    if (this.failure) throw new SteelyardError(this.failure, "the store does not answer");
  }

  #store(record: Instance): CatalogueInstance {
    const instance: CatalogueInstance = {
      ...record,
      revision: this.#revision + 1,
      lease: "live",
      health: effectiveHealth(record, "live"),
    };
    this.#publish(record.service, (instances) => [...instances.filter((other) => other.id !== record.id), instance]);
    return instance;
  }

  #publish(
    service: ServiceName,
    change: (instances: readonly CatalogueInstance[]) => readonly CatalogueInstance[],
    policy?: ServicePolicy,
  ): ServiceSnapshot {
    const known = this.services.get(service);
    const snapshot: ServiceSnapshot = {
      service,
      policy: policy ?? known?.policy ?? DEFAULT_SERVICE_POLICY,
      instances: change(known?.instances ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      revision: ++this.#revision,
      declared: policy !== undefined || (known?.declared ?? false),
    };
    this.services.store(service, snapshot);
    return snapshot;
  }
}
