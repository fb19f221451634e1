// A gRPC server on a listener of our own, for those who do not bring one. The backlog is why: Node's default of 511 drops
// the connects of a fleet that comes back at once, and each dropped one waits a second or more.
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Clock } from "../runtime/clock.js";
import { type StreamOpener, serveDirectly } from "./direct-streams.js";

export interface ListenOptions {
  /** e.g. `127.0.0.1` or `::1`. */
  readonly host: string;
  /** 0 to 65535; 0 takes any free port. */
  readonly port: number;
  /** Default: plaintext. */
  readonly credentials?: ServerCredentials;
  /** Makes the server that accepts connections, e.g. one that ends TLS itself. Default: a plain one of node:net. */
  readonly createServer?: (onConnection: (socket: Socket) => void) => Promise<NetServer>;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What services are added to: a grpc-js server, or a listener of ours, which may spare streams the way through grpc-js. */
export interface ServiceHost {
  readonly addService: Server["addService"];
  /** `open` gets the streams of a method that was added already and need nothing of grpc-js. `path`: `/service/method`. */
  addStream?(path: string, open: StreamOpener): void;
}

const BACKLOG = 4096;
/** Of one connection: Envoy opens one per type and cluster at most. */
const MAX_CONCURRENT_STREAMS = 100;
/** How long a client may take to close its streams before its connection is cut. */
const CLOSE_GRACE_MS = 1_000;

export class XdsListener implements ServiceHost {
  readonly grpc: Server;
  readonly #clock: Clock;
  readonly #direct = new Map<string, StreamOpener>();
  #net: NetServer | undefined;

  constructor({ clock, maxRequestBytes }: { readonly clock: Clock; readonly maxRequestBytes: number }) {
    this.#clock = clock;
    this.grpc = new Server({
      // Costs a sixth of every connect, and nothing here reads it.
      "grpc.enable_channelz": 0,
      "grpc.max_concurrent_streams": MAX_CONCURRENT_STREAMS,
      "grpc.max_receive_message_length": maxRequestBytes,
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
    });
  }

  addService(...args: Parameters<Server["addService"]>): void {
    this.grpc.addService(...args);
  }

  addStream(path: string, open: StreamOpener): void {
    this.#direct.set(path, open);
  }

  async open(options: ListenOptions): Promise<ListenAddress> {
    const { host, port, credentials = ServerCredentials.createInsecure() } = options;
    const injector = this.grpc.createConnectionInjector(credentials);
    if (this.#direct.size > 0) serveDirectly(this.grpc, credentials, this.#direct);
    const accept = (socket: Socket): void => injector.injectConnection(socket);
    const net = options.createServer ? await options.createServer(accept) : createServer({ noDelay: true }, accept);
    await new Promise<void>((resolve, reject) => {
      net.once("error", reject);
      net.listen({ host, port, backlog: BACKLOG }, resolve);
    });
    this.#net = net;
    const address = net.address();
    return { host, port: typeof address === "object" && address ? address.port : port };
  }

  async close(): Promise<void> {
    const net = this.#net;
    const stopped = new Promise<void>((resolve) => (net ? net.close(() => resolve()) : resolve()));
    await new Promise<void>((resolve) => {
      const cut = this.#clock.schedule(CLOSE_GRACE_MS, () => {
        this.grpc.forceShutdown();
        resolve();
      });
      this.grpc.tryShutdown(() => {
        cut();
        resolve();
      });
    });
    await stopped;
  }
}
