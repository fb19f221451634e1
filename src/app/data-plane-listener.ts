// The gRPC port of the data planes: xDS, load reports, client status, health and reflection on one server. Opened last, when everything that was known
// before a restart is in the cache: a proxy that meets an empty server forgets what it has.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { listenFailure } from "../api/listen-failure.js";
import { assertLoopback } from "../api/loopback.js";
import type { Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import { type AddressPort, formatAddressPort } from "./address-port.js";
import { GrpcHealth } from "./grpc-health.js";
import { addReflection } from "./grpc-reflection.js";

interface DataPlaneService {
  /** Full names of the gRPC services it adds. */
  readonly serviceNames: readonly string[];
  addTo(server: Server): void;
  /** Ends its streams with a word to its clients. */
  close?(): Promise<void>;
}

export interface DataPlaneListenerOptions {
  readonly address: AddressPort;
  readonly services: readonly DataPlaneService[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const FLAG = "--xds-address";

/** How long open streams may take to end at `stop`, milliseconds. */
const GRACE_MS = 1_000;

export class DataPlaneListener implements Component {
  readonly name = "data-plane";
  readonly #options: DataPlaneListenerOptions;
  readonly #serviceNames: readonly string[];
  readonly #health: GrpcHealth;
  #server: Server | undefined;
  #port = 0;

  constructor(options: DataPlaneListenerOptions) {
    this.#options = options;
    this.#serviceNames = options.services.flatMap(({ serviceNames }) => serviceNames);
    this.#health = new GrpcHealth(this.#serviceNames);
  }

  /** The bound port; 0 while not listening. */
  get port(): number {
    return this.#port;
  }

  /** @throws SteelyardError ERR_NOT_LOOPBACK, ERR_ADDRESS_IN_USE, ERR_CONFIG_INVALID */
  async start(): Promise<void> {
    const { address, services, logger } = this.#options;
    const target = formatAddressPort(address);
    assertLoopback(FLAG, address.host);
    const server = new Server({
      // Costs a sixth of every connect, and nothing here reads it.
      "grpc.enable_channelz": 0,
      "grpc.max_concurrent_streams": 100,
      "grpc.max_receive_message_length": 4 * 1024 * 1024,
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
    });
    for (const service of [...services, this.#health]) service.addTo(server);
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(listenFailure(target, FLAG, error));
      });
    });
    this.#server = server;
    this.#health.set(true);
    await addReflection(server, [...this.#serviceNames, "grpc.health.v1.Health"]);
    logger.info({ listener: this.name, host: address.host, port: this.#port }, "listening");
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    this.#health.set(false);
    for (const service of this.#options.services) await service.close?.();
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(GRACE_MS, () => {
        server.forceShutdown();
        resolve();
      });
      server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
  }
}
