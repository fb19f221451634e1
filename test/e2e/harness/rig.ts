// One test's world: a control server from dist/, real Envoys, backends in this process, load, and a temporary folder.
// Everything started through the rig is stopped by `stop()`, in reverse order, whatever failed before.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../../envoy/find-envoy.mjs";
import { ask } from "../../../envoy/lab/ask.js";
import { fixed, LabBackend, type LabBackendOptions, type ServiceTime } from "../../../envoy/lab/backend.js";
import { Cleanup } from "../../../envoy/lab/cleanup.js";
import { type BootstrapOptions, ControlServer, type ControlServerOptions } from "../../../envoy/lab/control-server.js";
import { GrpcBackend } from "../../../envoy/lab/grpc/grpc-backend.js";
import { freePort } from "../../../envoy/lab/ports.js";
import { Registration, type RegistrationOptions } from "../../../envoy/lab/registration.js";
import { until } from "../../../envoy/lab/until.js";
import { type LaunchEnvoyOptions, launchEnvoy, type RunningEnvoy } from "../../../envoy/launch-envoy.js";
import { nodesAnswerSchema } from "../../../src/api/answers.js";
import { seededRng } from "../../../src/runtime/rng.js";
import { GrpcClient, type GrpcClientOptions } from "./grpc-client.js";
import { ServiceLoad, type ServiceLoadOptions } from "./service-load.js";

export interface RigServerOptions extends Pick<ControlServerOptions, "config" | "flags"> {}

export interface RigEnvoyOptions
  extends Partial<Omit<BootstrapOptions, "adminPort">>,
    Pick<LaunchEnvoyOptions, "logLevel" | "deadlineMs"> {
  /** Changes the bootstrap before Envoy sees it, e.g. adds static clusters in mode B. */
  readonly transform?: (bootstrap: string) => string;
}

export interface RigBackendOptions
  extends Partial<Pick<RegistrationOptions, "weight" | "metadata" | "priority" | "locality">> {
  /** Instance id and `x-backend`. */
  readonly name: string;
  readonly service: string;
  /** Default 100: no queue in most tests. */
  readonly slots?: number;
  /** Default: fixed 1 ms. */
  readonly serviceTime?: ServiceTime;
  /** Default: plaintext. */
  readonly tls?: LabBackendOptions["tls"];
  /** Whether it registers itself; default true. */
  readonly register?: boolean;
}

export interface RigBackend {
  readonly backend: LabBackend;
  readonly registration: Registration;
  /** Deregisters, then closes. */
  leave(): Promise<void>;
  /** Starts a stopped backend where it was, and registers it as a new process. */
  restart(): Promise<void>;
}

export class Rig {
  /** Temporary, removed by `stop()` unless STEELYARD_KEEP_LOGS is set. */
  readonly folder: string;
  /** Envoy's HTTP listener, which the server configures. */
  readonly listenerPort: number;
  readonly #cleanup = new Cleanup();
  #server: ControlServer | undefined;
  #count = 0;

  private constructor(folder: string, listenerPort: number) {
    this.folder = folder;
    this.listenerPort = listenerPort;
    this.#cleanup.add("the temporary folder", () => {
      if (process.env["STEELYARD_KEEP_LOGS"] === undefined) rmSync(folder, { recursive: true, force: true });
    });
  }

  static async create(): Promise<Rig> {
    const port = await freePort();
    return new Rig(mkdtempSync(join(tmpdir(), "steelyard-e2e-")), port);
  }

  /** To be called after every test, also a failed one. Idempotent. */
  async stop(): Promise<void> {
    await this.#cleanup.run();
  }

  /** Whatever else the test opens. */
  defer(name: string, release: () => Promise<void> | void): void {
    this.#cleanup.add(name, release);
  }

  get server(): ControlServer {
    if (this.#server === undefined) throw new Error("startServer() comes first");
    return this.#server;
  }

  /** The server of this rig; ready when resolved. */
  async startServer(options: RigServerOptions = {}): Promise<ControlServer> {
    const folder = this.#newFolder("server");
    const server = await ControlServer.start({ ...options, folder, listenerPort: this.listenerPort });
    this.#server = this.#cleanup.own("the control server", server);
    return server;
  }

  /** An Envoy of this rig's server, one worker unless said otherwise; LIVE when resolved. */
  async startEnvoy(options: RigEnvoyOptions = {}): Promise<RunningEnvoy> {
    const { nodeId = "edge-1", cluster = "edge", workers = 1, transform = (text) => text, ...rest } = options;
    const { protocol, mode, flags = [], ...launch } = rest;
    const { path } = await findEnvoy();
    const bootstrap = await this.server.bootstrap({
      nodeId,
      cluster,
      workers,
      adminPort: 0,
      flags,
      ...(protocol === undefined ? {} : { protocol }),
      ...(mode === undefined ? {} : { mode }),
    });
    const folder = this.#newFolder("envoy");
    const text = transform(bootstrap);
    return this.#cleanup.own(
      "Envoy",
      await launchEnvoy({ ...launch, binary: path, bootstrap: text, folder, concurrency: workers }),
    );
  }

  async startBackend(options: RigBackendOptions): Promise<RigBackend> {
    const { name, service, slots = 100, serviceTime = fixed(1), register = true, tls, ...registered } = options;
    this.#count += 1;
    const backend = new LabBackend({ name, slots, serviceTime, rng: seededRng(this.#count), ...(tls && { tls }) });
    this.#cleanup.own(`backend ${name}`, backend);
    await backend.start();
    const identity = { apiUrl: this.server.api.url, service, id: name, port: backend.port };
    const registration = new Registration({ ...identity, ...registered });
    this.#cleanup.add(`beats of ${name}`, () => registration.silence());
    if (register) await registration.start();
    const leave = async (): Promise<void> => {
      await registration.stop();
      await backend.stop();
    };
    const restart = async (): Promise<void> => {
      await backend.start(backend.port);
      const next = new Registration({ ...identity, ...registered });
      this.#cleanup.add(`beats of ${name}`, () => next.silence());
      await next.start();
    };
    return { backend, registration, leave, restart };
  }

  /** `count` equal backends named `prefix-1`, `prefix-2`, ... */
  async startBackends(
    count: number,
    options: Omit<RigBackendOptions, "name"> & { readonly prefix?: string },
  ): Promise<readonly RigBackend[]> {
    const { prefix = "backend", ...rest } = options;
    const names = Array.from({ length: count }, (_, i) => `${prefix}-${i + 1}`);
    return Promise.all(names.map((name) => this.startBackend({ ...rest, name })));
  }

  /** Open-loop load through the rig's listener; it runs until its `stop()` or the rig's. */
  startLoad(options: Omit<ServiceLoadOptions, "port"> & { readonly port?: number }): ServiceLoad {
    const load = new ServiceLoad({ port: this.listenerPort, ...options });
    this.#cleanup.own("the load", load);
    load.start();
    return load;
  }

  /** A plain gRPC server, registered. */
  async startGrpcBackend(options: Omit<RigBackendOptions, "register">): Promise<GrpcBackend> {
    const { name, service, slots = 100, serviceTime = fixed(1), ...registered } = options;
    this.#count += 1;
    const backend = new GrpcBackend({ name, slots, serviceTime, rng: seededRng(this.#count) });
    this.#cleanup.add(`backend ${name}`, () => backend.stop());
    await backend.start();
    const registration = new Registration({
      apiUrl: this.server.api.url,
      service,
      id: name,
      port: backend.port,
      ...registered,
    });
    this.#cleanup.add(`beats of ${name}`, () => registration.silence());
    await registration.start();
    return backend;
  }

  /** A gRPC client that calls from now on; proxyless unless it has a target of its own. */
  async startGrpcClient({
    flags = [],
    ...options
  }: Omit<GrpcClientOptions, "bootstrap" | "logFile"> & {
    /** More of `steelyard bootstrap`, e.g. where it runs. */
    readonly flags?: readonly string[];
  }): Promise<GrpcClient> {
    const folder = this.#newFolder("grpc-client");
    const proxyless = options.target === undefined;
    const bootstrap = proxyless ? await this.server.grpcBootstrap(`grpc-${this.#count}`, flags) : undefined;
    const client = new GrpcClient({
      ...options,
      logFile: join(folder, "client.log"),
      ...(bootstrap !== undefined && { bootstrap }),
    });
    return this.#cleanup.own("a gRPC client", client);
  }

  /** Resolves with the milliseconds it took until a request to `service` through Envoy is answered with 200. */
  async untilServing(service: string, { deadlineMs = 10_000, port = this.listenerPort } = {}): Promise<number> {
    const startMs = performance.now();
    const look = async (): Promise<true> => {
      const { status } = await ask({ port, host: service, timeoutMs: 1_000 });
      if (status !== 200) throw new Error(`status ${status}`);
      return true;
    };
    await until(look, { what: `Envoy serves ${service}`, deadlineMs, everyMs: 20 });
    return performance.now() - startMs;
  }

  /**
   * Resolves when every connected proxy and gRPC client has accepted all that there is for it: what the interface told of
   * plans and routes before the call, traffic follows after it.
   */
  async untilInForce(deadlineMs = 10_000): Promise<void> {
    const look = async (): Promise<true> => {
      const { nodes } = nodesAnswerSchema.parse(await this.server.api.get("/v1/nodes"));
      const behind = nodes.flatMap(({ id, types }) =>
        types.flatMap(({ typeUrl, state }) => (state === "SYNCED" ? [] : [`${id}: ${typeUrl} is ${state}`])),
      );
      if (nodes.length === 0 || behind.length > 0) throw new Error(behind.join(", ") || "nobody is connected");
      return true;
    };
    await until(look, { what: "all proxies have accepted what there is", deadlineMs, everyMs: 10 });
  }

  #newFolder(name: string): string {
    this.#count += 1;
    const folder = join(this.folder, `${name}-${this.#count}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}
