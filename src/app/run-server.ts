// `steelyard serve` as a process: configuration, store, server, signals, exit code.
import { assertLoopback } from "../api/loopback.js";
import { systemClock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { systemRng } from "../runtime/rng.js";
import { MemoryStore } from "../store/memory/memory-store.js";
import { SqliteStore } from "../store/sqlite/sqlite-store.js";
import type { StateStore } from "../store/state-store.js";
import { createLogger } from "../telemetry/logger.js";
import { PrometheusSink } from "../telemetry/prometheus.js";
import { formatAddressPort } from "./address-port.js";
import type { Config } from "./config-schema.js";
import { logGrpcThrough } from "./grpc-log.js";
import { loadConfig } from "./load-config.js";
import { SteelyardServer } from "./server.js";
import { packageVersion } from "./version.js";

export interface RunServerOptions {
  readonly configFile?: string;
  /** Values by dotted configuration key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Serves until SIGTERM or SIGINT. @returns the exit code; errors of start-up are thrown */
export async function runServer({ configFile, flags, env }: RunServerOptions): Promise<number> {
  const config = loadConfig({ flags, env, ...(configFile === undefined ? {} : { configFile }) });
  // Before the data folder is touched: a server that must not listen has no business there.
  if (config.xds.tls?.clientCaFile === undefined) assertLoopback("--xds-address", config.xds.address.host);
  assertLoopback("--api-address", config.api.address.host);
  assertLoopback("--diagnostics-address", config.diagnostics.address.host);
  const logger = createLogger({ level: config.log.level });
  logGrpcThrough(logger.child({ component: "grpc" }));
  const version = packageVersion();
  const store = await openStore(config, logger);
  const metrics = new PrometheusSink({ processMetrics: true });
  metrics.gauge("steelyard_build_info", 1, { version });
  const server = new SteelyardServer({ config, store, version, clock: systemClock, rng: systemRng, logger, metrics });
  await server.start();
  const { ports } = server;
  logger.info(
    {
      version,
      xds: formatAddressPort({ ...config.xds.address, port: ports.xds }),
      api: `http://${formatAddressPort({ ...config.api.address, port: ports.api })}`,
      diagnostics: `http://${formatAddressPort({ ...config.diagnostics.address, port: ports.diagnostics })}`,
      dataDir: config.store === "sqlite" ? config.dataDir : undefined,
    },
    "steelyard is ready",
  );
  const signal = await nextSignal();
  logger.info({ signal }, "stopping");
  await server.stop();
  return 0;
}

async function openStore({ store, dataDir, durability }: Config, logger: Logger): Promise<StateStore> {
  switch (store) {
    case "memory":
      return new MemoryStore();
    case "sqlite":
      return SqliteStore.open({
        dataDir,
        durability,
        clock: systemClock,
        logger: logger.child({ component: "store" }),
      });
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // A second signal must end a stop that hangs, so the handlers are removed with the first.
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.removeAllListeners("SIGTERM");
        process.removeAllListeners("SIGINT");
        resolve(signal);
      });
    }
  });
}
