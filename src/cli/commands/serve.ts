// `steelyard serve`: hands the flags to the composition root, which alone knows what a server is made of.
import { type Command, Option } from "commander";
import type { CliContext } from "../context.js";

/** Flag to configuration key; `docs/config.md` describes each key. */
const KEYS: Readonly<Record<string, string>> = {
  dataDir: "dataDir",
  store: "store",
  xdsAddress: "xds.address",
  xdsTlsCertFile: "xds.tls.certFile",
  xdsTlsKeyFile: "xds.tls.keyFile",
  xdsTlsClientCaFile: "xds.tls.clientCaFile",
  xdsTlsTrustDomain: "xds.tls.trustDomain",
  apiAddress: "api.address",
  diagnosticsAddress: "diagnostics.address",
  logLevel: "log.level",
};

export function addServe(program: Command, { env }: CliContext, onExit: (code: number) => void): void {
  program
    .command("serve")
    .description("run the control server until SIGTERM or SIGINT")
    .option("--config <file>", "configuration file, YAML")
    .option("--data-dir <folder>", "where the server keeps its state")
    .addOption(new Option("--store <store>", "memory forgets everything at a restart").choices(["sqlite", "memory"]))
    .option("--xds-address <address:port>", "where proxies connect")
    .option("--xds-tls-cert-file <file>", "certificate of that port, PEM")
    .option("--xds-tls-key-file <file>", "its private key, PEM")
    .option("--xds-tls-client-ca-file <file>", "authorities of the proxies' certificates, PEM: each must show one")
    .option("--xds-tls-trust-domain <domain>", "SPIFFE trust domain that the proxies must be of")
    .option("--api-address <address:port>", "REST API")
    .option("--diagnostics-address <address:port>", "/livez, /readyz, /metrics")
    .addOption(
      new Option("--log-level <level>", "least severity that is logged").choices([
        "debug",
        "info",
        "warn",
        "error",
        "silent",
      ]),
    )
    .addHelpText(
      "after",
      "\nA flag wins over the environment (STEELYARD_XDS_ADDRESS), that over the file, that over the default.",
    )
    .action(async ({ config, ...given }: Readonly<Record<string, string>>) => {
      const flags = Object.fromEntries(Object.entries(given).map(([flag, value]) => [KEYS[flag] ?? flag, value]));
      // Loaded only here: the other commands start faster without the server.
      const { runServer } = await import("../../app/run-server.js");
      onExit(await runServer({ flags, env, ...(config !== undefined && { configFile: config }) }));
    });
}
