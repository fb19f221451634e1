// Who has which address, and who may take traffic: load reports name endpoints by `ip:port`, control by instance id.
// Worked out once per snapshot of a service.
import { levelsOf } from "../control/levels.js";
import { poolOf } from "../control/pool.js";
import type { InstanceId, ServiceName } from "../model/ids.js";
import { endpointKey } from "../model/instance.js";
import { takeoverServices } from "../model/policy/failover.js";
import { withoutPriority } from "../model/policy/priority-routing.js";
import { isTcp } from "../model/policy/protocol.js";
import type { ServicePolicy, ServiceSnapshot } from "../model/service.js";
import type { WatchableMap } from "../runtime/watchable-map.js";

interface IndexedService {
  readonly snapshot: ServiceSnapshot;
  readonly byEndpoint: ReadonlyMap<string, InstanceId>;
  readonly pool: readonly InstanceId[];
}

export class EndpointIndex {
  readonly #services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly #indexed = new Map<ServiceName, IndexedService>();

  constructor(services: WatchableMap<ServiceName, ServiceSnapshot>) {
    this.#services = services;
  }

  /** The service behind a cluster name: clusters are named as their services, those of priorities after them. */
  serviceOf(cluster: string): ServiceName | undefined {
    return this.#services.get(withoutPriority(cluster) as ServiceName)?.service;
  }

  policyOf(cluster: string): ServicePolicy | undefined {
    return this.#services.get(withoutPriority(cluster) as ServiceName)?.policy;
  }

  /** Whether proxies pass on connections to it, and count those. */
  countsConnections(service: ServiceName): boolean {
    const snapshot = this.#services.get(service);
    return snapshot !== undefined && isTcp(snapshot.policy);
  }

  instanceAt(service: ServiceName, endpoint: string): InstanceId | undefined {
    return this.#index(service)?.byEndpoint.get(endpoint);
  }

  /**
   * By endpoint, the service that takes over there for the one of this cluster; undefined where none does. Counts of requests
   * and of connections do not mix.
   */
  takeoverOf(cluster: string): ((endpoint: string) => ServiceName | undefined) | undefined {
    const service = this.serviceOf(cluster);
    if (service === undefined) return undefined;
    const others = takeoverServices(service, this.policyOf(cluster)?.failover).filter(
      (other) => this.countsConnections(other) === this.countsConnections(service),
    );
    if (others.length === 0) return undefined;
    return (endpoint) =>
      this.instanceAt(service, endpoint) === undefined
        ? others.find((other) => this.instanceAt(other, endpoint) !== undefined)
        : undefined;
  }

  /** Instances that compete for traffic; empty when the service is unknown. */
  poolOf(service: ServiceName): readonly InstanceId[] {
    return this.#index(service)?.pool ?? [];
  }

  #index(service: ServiceName): IndexedService | undefined {
    const snapshot = this.#services.get(service);
    if (snapshot === undefined) {
      this.#indexed.delete(service);
      return undefined;
    }
    const known = this.#indexed.get(service);
    if (known?.snapshot === snapshot) return known;
    const indexed = {
      snapshot,
      byEndpoint: new Map(snapshot.instances.map(({ id, address, port }) => [endpointKey(address, port), id])),
      pool: poolOf(levelsOf(snapshot).own).map(({ id }) => id),
    };
    this.#indexed.set(service, indexed);
    return indexed;
  }
}
