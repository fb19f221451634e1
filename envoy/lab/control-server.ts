// The control server as a user runs it: the built command line in a process of its own, with ports of its own.
// It can be killed and started again on the same ports and data folder.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { Child } from "./child.js";
import { ControlApi } from "./control-api.js";
import { freePorts } from "./ports.js";
import { CLI_ENTRY } from "./repository.js";

export interface ControlServerOptions {
  /** Holds the configuration, the data and the log. */
  readonly folder: string;
  /** Port of Envoy's own HTTP listener, which the server configures. */
  readonly listenerPort: number;
  /** More keys for the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More flags for `serve`. */
  readonly flags?: readonly string[];
  /** Milliseconds until /readyz must answer 200; default 15,000. */
  readonly deadlineMs?: number;
}

export interface BootstrapOptions {
  readonly nodeId: string;
  readonly cluster: string;
  readonly adminPort: number;
  readonly protocol?: "delta" | "sotw";
  readonly mode?: "full" | "weights";
  /** Envoy's --concurrency; default 1, as launchEnvoy's. */
  readonly workers?: number;
  /** More flags for `bootstrap`. */
  readonly flags?: readonly string[];
}

export class ControlServer {
  readonly api: ControlApi;
  readonly xdsAddress: string;
  readonly diagnosticsUrl: string;
  readonly dataDir: string;
  readonly #options: ControlServerOptions;
  readonly #args: readonly string[];
  #child: Child | undefined;
  #report: ((error: Error) => void) | undefined;

  private constructor(options: ControlServerOptions, ports: readonly number[]) {
    const [xds, api, diagnostics] = ports.map((port) => `127.0.0.1:${port}`) as [string, string, string];
    const { folder, listenerPort, config = {}, flags = [] } = options;
    this.#options = options;
    this.api = new ControlApi(`http://${api}`);
    this.xdsAddress = xds;
    this.diagnosticsUrl = `http://${diagnostics}`;
    this.dataDir = join(folder, "data");
    mkdirSync(this.dataDir, { recursive: true });
    const configFile = join(folder, "steelyard.yaml");
    writeFileSync(configFile, stringify({ listener: { address: "127.0.0.1", port: listenerPort }, ...config }));
    const places = ["--xds-address", xds, "--api-address", api, "--diagnostics-address", diagnostics];
    this.#args = [CLI_ENTRY, "serve", "--config", configFile, "--data-dir", this.dataDir, ...places, ...flags];
  }

  /** @throws Error with the server's last log lines when it does not become ready */
  static async start(options: ControlServerOptions): Promise<ControlServer> {
    if (!existsSync(CLI_ENTRY)) throw new Error(`${CLI_ENTRY} is missing: run \`npm run build\``);
    const server = new ControlServer(options, await freePorts(3));
    await server.startAgain();
    return server;
  }

  get child(): Child {
    if (this.#child === undefined) throw new Error("the server was not started");
    return this.#child;
  }

  /** Calls `report` when a process of this server, also a later one, ends by itself. */
  onUnexpectedEnd(report: (error: Error) => void): void {
    this.#report = report;
    this.child.onUnexpectedEnd(report);
  }

  /** A new process with the same ports and data. */
  async startAgain(): Promise<void> {
    const child = new Child({
      name: "the control server",
      command: process.execPath,
      args: this.#args,
      logFile: join(this.#options.folder, "server.log"),
      env: environment(),
    });
    this.#child = child;
    const { deadlineMs = 15_000 } = this.#options;
    await child.ready(async () => ((await this.isReady()) ? true : undefined), { deadlineMs });
    if (this.#report !== undefined) child.onUnexpectedEnd(this.#report);
  }

  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.diagnosticsUrl}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  }

  /** kill -9. */
  async crash(): Promise<void> {
    await this.child.crash();
  }

  async stop(): Promise<void> {
    await this.#child?.stop();
  }

  /** The YAML that `steelyard bootstrap` prints for an Envoy of this server. */
  async bootstrap(options: BootstrapOptions): Promise<string> {
    const { nodeId, cluster, adminPort, protocol, mode, workers = 1, flags = [] } = options;
    const identity = ["--node-id", nodeId, "--cluster", cluster, "--workers", String(workers)];
    const places = ["--xds-address", this.xdsAddress, "--admin-address", `127.0.0.1:${adminPort}`];
    const variant = [
      ...(protocol === undefined ? [] : ["--protocol", protocol]),
      ...(mode === undefined ? [] : ["--mode", mode]),
    ];
    return runCli(["bootstrap", ...identity, ...places, ...variant, ...flags]);
  }

  /** The JSON that `steelyard bootstrap` prints for a gRPC client of this server. */
  async grpcBootstrap(nodeId: string, flags: readonly string[] = []): Promise<string> {
    const identity = ["--client", "grpc", "--node-id", nodeId, "--cluster", "clients"];
    return runCli(["bootstrap", ...identity, "--xds-address", this.xdsAddress, ...flags]);
  }
}

/** stdout of one run of the built command line. @throws Error with its stderr when it fails */
export async function runCli(args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI_ENTRY, ...args], { env: environment() });
  return stdout;
}

/** Without STEELYARD_* of whoever runs us: only what is asked for here should count. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("STEELYARD_")));
}
