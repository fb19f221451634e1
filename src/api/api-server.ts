// The listener of one HTTP application. Invariants: it never listens beyond loopback, slow or idle sockets are cut by
// Node's own deadlines, and `stop` ends in bounded time: streams are told, requests in flight get a grace period.
import { createServer, type Server } from "node:http";
import type { Express } from "express";
import { hostPort } from "../model/address.js";
import type { Clock } from "../runtime/clock.js";
import type { Component } from "../runtime/component.js";
import type { Logger } from "../runtime/logger.js";
import { listenFailure } from "./listen-failure.js";
import { assertLoopback } from "./loopback.js";
import { stopStreams } from "./stopping.js";

export interface ApiServerOptions {
  /** For logs, and the Component's name. */
  readonly name: string;
  readonly app: Express;
  /** Loopback address or name, without brackets. */
  readonly host: string;
  /** 0 = any free port; see `port` once started. */
  readonly port: number;
  /** The flag that the message about a taken port names, e.g. `--api-address`. */
  readonly flag: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Open sockets; further ones are dropped by the listener. Default 1024. */
  readonly maxConnections?: number;
  /** How long `stop` waits for requests in flight, milliseconds. Default 2,000. */
  readonly graceMs?: number;
}

export class ApiServer implements Component {
  readonly name: string;
  readonly #options: ApiServerOptions;
  #server: Server | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** The bound port; 0 while not listening. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** @throws SteelyardError ERR_NOT_LOOPBACK, ERR_ADDRESS_IN_USE, ERR_CONFIG_INVALID */
  async start(): Promise<void> {
    const { app, host, port, flag, logger } = this.#options;
    assertLoopback(flag, host);
    // Node's defaults (60 s and 300 s) let a slow client hold a socket for minutes.
    const server = createServer(
      { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000, connectionsCheckingInterval: 2_000 },
      app,
    );
    server.maxConnections = this.#options.maxConnections ?? 1024;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(listenFailure(hostPort(host, port), flag, error)));
      server.listen({ host, port }, resolve);
    });
    server.on("error", (error) => logger.error({ error }, "listener_failed"));
    this.#server = server;
    logger.info({ listener: this.name, host, port: this.port }, "listening");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    stopStreams(this.#options.app);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cancel = this.#options.clock.schedule(this.#options.graceMs ?? 2_000, () => server.closeAllConnections());
    await closed;
    cancel();
  }
}
