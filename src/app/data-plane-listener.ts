// The gRPC port of the data planes: xDS, load reports, client status, health and reflection on one server. Opened last,
// when everything that was known before a restart is in the cache: a proxy that meets an empty server forgets what it has.
import type { Socket } from "node:net";
import { listenFailure } from "../api/listen-failure.js";
import { assertLoopback } from "../api/loopback.js";
import { SteelyardError } from "../model/errors.js";
import type { Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import { type ServiceHost, XdsListener } from "../xds/listener.js";
import { type AddressPort, formatAddressPort } from "./address-port.js";
import { GrpcHealth } from "./grpc-health.js";
import { addReflection } from "./grpc-reflection.js";
import type { TlsTermination } from "./tls/tls-termination.js";

interface DataPlaneService {
  /** Full names of the gRPC services it adds. */
  readonly serviceNames: readonly string[];
  addTo(host: ServiceHost): void;
  /** Ends its streams with a word to its clients. */
  close?(): Promise<void>;
}

export interface DataPlaneListenerOptions {
  readonly address: AddressPort;
  /** Default: plaintext, which only loopback may have. */
  readonly tls?: TlsTermination | undefined;
  readonly services: readonly DataPlaneService[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const FLAG = "--xds-address";

/** Of any service; a load report of 1,000 endpoints has 70 KB. */
const MAX_REQUEST_BYTES = 4 << 20;

export class DataPlaneListener implements Component {
  readonly name = "data-plane";
  readonly #options: DataPlaneListenerOptions;
  readonly #serviceNames: readonly string[];
  readonly #health: GrpcHealth;
  #listener: XdsListener | undefined;
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
    const { address, tls, services, clock, logger } = this.#options;
    const target = formatAddressPort(address);
    if (tls?.authenticates !== true) assertLoopback(FLAG, address.host);
    const listener = new XdsListener({ clock, maxRequestBytes: MAX_REQUEST_BYTES });
    for (const service of [...services, this.#health]) service.addTo(listener);
    try {
      const createServer = tls && ((accept: (socket: Socket) => void) => tls.createServer(accept));
      this.#port = (await listener.open({ ...address, ...(createServer && { createServer }) })).port;
    } catch (error) {
      if (error instanceof SteelyardError) throw error;
      throw listenFailure(target, FLAG, error instanceof Error ? error : new Error(String(error)));
    }
    this.#listener = listener;
    this.#health.set(true);
    await addReflection(listener.grpc, [...this.#serviceNames, "grpc.health.v1.Health"]);
    const tlsMode = tls === undefined ? "none" : tls.authenticates ? "mutual" : "server";
    logger.info({ listener: this.name, host: address.host, port: this.#port, tls: tlsMode }, "listening");
  }

  async stop(): Promise<void> {
    const listener = this.#listener;
    this.#listener = undefined;
    if (listener === undefined) return;
    this.#health.set(false);
    this.#options.tls?.close();
    for (const service of this.#options.services) await service.close?.();
    await listener.close();
  }
}
