// The gRPC health service (grpc.health.v1.Health) of the data plane port: for the server as a whole (the empty name) and
// for each service by its full name. Serving from the moment the port is open until the server begins to stop.
import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

export class GrpcHealth {
  readonly #health: HealthImplementation;
  readonly #names: readonly string[];

  /** @param services full names, e.g. `envoy.service.discovery.v3.AggregatedDiscoveryService` */
  constructor(services: readonly string[]) {
    this.#names = ["", ...services];
    this.#health = new HealthImplementation(Object.fromEntries(this.#names.map((name) => [name, "NOT_SERVING"])));
  }

  addTo(server: Pick<Server, "addService">): void {
    this.#health.addToServer(server);
  }

  set(serving: boolean): void {
    for (const name of this.#names) this.#health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
  }
}
