// Everything that runs during the demo, and what can be done to it. Owns all child processes.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { findEnvoy } from "../find-envoy.mjs";
import { ask } from "../lab/ask.js";
import type { Cleanup } from "../lab/cleanup.js";
import { ControlServer } from "../lab/control-server.js";
import { freePorts } from "../lab/ports.js";
import type { RequestLog } from "../lab/request-log.js";
import { until } from "../lab/until.js";
import { launchEnvoy, type RunningEnvoy } from "../launch-envoy.js";
import { withBaseline, writeEndpoints } from "./baseline.js";
import { BASELINE, MEMBERS, type Member, RATE_RPS, SERVICE_MEAN_MS, SHOP } from "./cast.js";
import { FleetClient } from "./fleet-client.js";
import { GeneratorClient } from "./generator-client.js";

export interface StageOptions {
  /** For data, configuration and logs. */
  readonly folder: string;
  readonly seed: number;
  readonly cleanup: Cleanup;
  /** Told what is being started. */
  readonly onProgress: (text: string) => void;
  /** Told when a process ends that should not. */
  readonly onFailure: (error: Error) => void;
}

interface Reaction {
  react: (error: Error) => void;
}

export class Stage {
  readonly server: ControlServer;
  readonly envoy: RunningEnvoy;
  readonly envoyVersion: string;
  readonly fleet: FleetClient;
  readonly shopPort: number;
  readonly #generator: GeneratorClient;
  readonly #endpointsFile: string;
  readonly #serverEnds: Reaction;

  private constructor(parts: {
    readonly server: ControlServer;
    readonly envoy: RunningEnvoy;
    readonly envoyVersion: string;
    readonly fleet: FleetClient;
    readonly generator: GeneratorClient;
    readonly shopPort: number;
    readonly endpointsFile: string;
    readonly serverEnds: Reaction;
  }) {
    this.server = parts.server;
    this.envoy = parts.envoy;
    this.envoyVersion = parts.envoyVersion;
    this.fleet = parts.fleet;
    this.shopPort = parts.shopPort;
    this.#generator = parts.generator;
    this.#endpointsFile = parts.endpointsFile;
    this.#serverEnds = parts.serverEnds;
  }

  /** Starts all processes in order and the load last. What was started is registered with `cleanup` at once. */
  static async set(options: StageOptions): Promise<Stage> {
    const { folder, seed, cleanup, onProgress, onFailure } = options;
    mkdirSync(folder, { recursive: true });
    const found = await findEnvoy({ onProgress });
    const [shopPort, baselinePort, adminPort] = (await freePorts(3)) as [number, number, number];

    onProgress("starting the control server");
    const server = cleanup.own("the control server", await ControlServer.start({ folder, listenerPort: shopPort }));
    const serverEnds: Reaction = { react: onFailure };
    server.onUnexpectedEnd((error) => serverEnds.react(error));

    onProgress("starting the backends");
    const fleetOptions = { apiUrl: server.api.url, service: SHOP, serviceMeanMs: SERVICE_MEAN_MS, seed };
    const fleet = await FleetClient.start(fleetOptions, join(folder, "backends.log"));
    cleanup.own("the backends", fleet.child).onUnexpectedEnd(onFailure);

    onProgress(`starting Envoy ${found.version}`);
    const endpointsFile = join(folder, "baseline-endpoints.json");
    writeEndpoints(endpointsFile, fleet.twins());
    const bootstrap = await server.bootstrap({ nodeId: "demo-edge", cluster: "demo", adminPort });
    const envoy = await launchEnvoy({
      binary: found.path,
      bootstrap: withBaseline(bootstrap, baselinePort, endpointsFile),
      folder: join(folder, "envoy"),
    });
    cleanup.own("Envoy", envoy.child).onUnexpectedEnd(onFailure);
    await untilServing(envoy, shopPort, SHOP);
    await untilServing(envoy, baselinePort, BASELINE);

    const targets = [
      { name: SHOP, port: shopPort },
      { name: BASELINE, port: baselinePort },
    ];
    const spec = { targets, rateRps: RATE_RPS, seed, drainMs: 5_000 };
    const generator = new GeneratorClient(spec, join(folder, "load.log"));
    cleanup.own("the load generator", generator.child).onUnexpectedEnd(onFailure);
    const envoyVersion = found.version;
    return new Stage({ server, envoy, envoyVersion, fleet, generator, shopPort, endpointsFile, serverEnds });
  }

  get log(): RequestLog {
    return this.#generator.log;
  }

  /** For `--keep`: whoever kills the server may, and sees it come back. */
  bringServerBack(afterMs: number): void {
    this.#serverEnds.react = () => setTimeout(() => void this.server.startAgain(), afterMs);
  }

  async join(member: Member): Promise<void> {
    await this.fleet.join(member);
    writeEndpoints(this.#endpointsFile, this.fleet.twins());
  }

  async drain(name: string): Promise<void> {
    await this.fleet.drain(name);
    writeEndpoints(this.#endpointsFile, this.fleet.twins());
  }

  async leave(name: string): Promise<void> {
    this.fleet.forget(name);
    writeEndpoints(this.#endpointsFile, this.fleet.twins());
    await this.fleet.leave(name);
  }

  /** Weight of each host as Envoy has it now, in one comparable text. */
  async weightsInEnvoy(): Promise<string> {
    const hosts = (await this.envoy.admin.hosts(SHOP)) ?? [];
    const lines = hosts.map((host) => `${host.port}=${host.weight} ${host.edsHealth}`);
    return lines.sort().join("\n");
  }

  /** Ends the load; every request is in the log afterwards. */
  async finishLoad(): Promise<void> {
    await this.#generator.finish();
  }
}

async function untilServing(envoy: RunningEnvoy, port: number, cluster: string): Promise<void> {
  const look = async (): Promise<true | undefined> => {
    const hosts = (await envoy.admin.hosts(cluster)) ?? [];
    if (hosts.length < MEMBERS.length) throw new Error(`Envoy has ${hosts.length} hosts of ${cluster}`);
    const { status } = await ask({ port, host: cluster });
    if (status !== 200) throw new Error(`status ${status}`);
    return true;
  };
  await until(look, { what: `a request to ${cluster} through Envoy is answered`, deadlineMs: 15_000 }).catch(
    (error: unknown) => {
      throw new Error(envoy.child.describe("serves nothing"), { cause: error });
    },
  );
}
