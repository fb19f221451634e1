// Who has which address: load reports name endpoints by `ip:port`, control by instance id.
import type { InstanceId, ServiceName } from "../model/ids.js";
import { endpointKey } from "../model/instance.js";
import type { ServiceSnapshot } from "../model/service.js";
import type { WatchableMap } from "../runtime/watchable-map.js";

interface IndexedService {
  readonly snapshot: ServiceSnapshot;
  readonly byEndpoint: ReadonlyMap<string, InstanceId>;
}

export class EndpointIndex {
  readonly #services: WatchableMap<ServiceName, ServiceSnapshot>;
  readonly #indexed = new Map<ServiceName, IndexedService>();

  constructor(services: WatchableMap<ServiceName, ServiceSnapshot>) {
    this.#services = services;
  }

  /** The service behind a cluster name: clusters are named as their services. */
  serviceOf(cluster: string): ServiceName | undefined {
    return this.#services.get(cluster as ServiceName)?.service;
  }

  instanceAt(service: ServiceName, endpoint: string): InstanceId | undefined {
    const snapshot = this.#services.get(service);
    if (snapshot === undefined) {
      this.#indexed.delete(service);
      return undefined;
    }
    let indexed = this.#indexed.get(service);
    if (indexed?.snapshot !== snapshot) {
      indexed = {
        snapshot,
        byEndpoint: new Map(snapshot.instances.map(({ id, address, port }) => [endpointKey(address, port), id])),
      };
      this.#indexed.set(service, indexed);
    }
    return indexed.byEndpoint.get(endpoint);
  }
}
