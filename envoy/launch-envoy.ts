// Starts an Envoy from a bootstrap text and knows when it serves. Owns the process, its files, and its admin client.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminClient } from "./admin-client.js";
import { Child } from "./lab/child.js";

export interface LaunchEnvoyOptions {
  /** Path of the executable, see findEnvoy. */
  readonly binary: string;
  /** The whole bootstrap, YAML or JSON. Its admin port may be 0. */
  readonly bootstrap: string;
  /** An existing or new folder for the bootstrap, the log and the admin address. */
  readonly folder: string;
  /** Worker threads; default 1. */
  readonly concurrency?: number;
  /** Milliseconds until /ready must say LIVE; default 20,000 (Envoy waits up to 15 s for its first resources). */
  readonly deadlineMs?: number;
  /** Default: warning; a start at info begins with 100 lines of extension names. */
  readonly logLevel?: "trace" | "debug" | "info" | "warning" | "error";
}

export interface RunningEnvoy {
  readonly admin: AdminClient;
  readonly child: Child;
  stop(): Promise<void>;
}

/** @throws Error with Envoy's last log lines when it ends or is not LIVE within the deadline */
export async function launchEnvoy(options: LaunchEnvoyOptions): Promise<RunningEnvoy> {
  const { binary, folder, concurrency = 1, deadlineMs = 20_000, logLevel = "warning" } = options;
  mkdirSync(folder, { recursive: true });
  const bootstrapFile = join(folder, "bootstrap.yaml");
  const adminFile = join(folder, "admin-address");
  writeFileSync(bootstrapFile, options.bootstrap);
  writeFileSync(adminFile, "");
  const child = new Child({
    name: "Envoy",
    command: binary,
    args: [
      "--config-path",
      bootstrapFile,
      "--admin-address-path",
      adminFile,
      "--concurrency",
      String(concurrency),
      "--log-level",
      logLevel,
      "--use-dynamic-base-id", // a second Envoy on this machine would die otherwise
    ],
    logFile: join(folder, "envoy.log"),
  });
  const look = async (): Promise<AdminClient | undefined> => {
    const address = readFileSync(adminFile, "utf8").trim();
    if (address === "") return undefined;
    const admin = new AdminClient(`http://${address}`);
    const state = await admin.state();
    if (state !== "LIVE") throw new Error(`/ready says ${state}`);
    return admin;
  };
  const admin = await child.ready(look, { deadlineMs });
  return { admin, child, stop: () => child.stop() };
}
