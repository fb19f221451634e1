// `steelyard bootstrap`: the file a blank Envoy, or a gRPC client, starts with, on standard output.
import { type Command, Option } from "commander";
import { type BootstrapOptions, bootstrapYaml, grpcBootstrapJson, sdsFiles } from "../../app/bootstrap.js";
import type { CliContext } from "../context.js";
import { integer } from "../options.js";
import { sdsPath, TLS_FLAGS, type TlsFlags, tlsOf, withTls } from "./bootstrap-tls.js";

interface Flags
  extends TlsFlags,
    Pick<BootstrapOptions, "nodeId" | "xdsAddress" | "adminAddress" | "protocol" | "mode" | "workers"> {
  readonly client: "envoy" | "grpc";
  readonly cluster: string;
  readonly region?: string;
  readonly zone?: string;
}

const ENVOY_FLAGS = {
  adminAddress: "--admin-address",
  protocol: "--protocol",
  mode: "--mode",
  workers: "--workers",
  ...TLS_FLAGS,
} as const;

export function addBootstrap(program: Command, context: CliContext): void {
  const command = program
    .command("bootstrap")
    .description("print what makes an Envoy, or a gRPC client, connect to this server")
    .addOption(
      new Option("--client <kind>", "envoy: its YAML; grpc: JSON for GRPC_XDS_BOOTSTRAP")
        .choices(["envoy", "grpc"])
        .default("envoy"),
    )
    .requiredOption("--node-id <id>", "unique name of the proxy")
    .requiredOption("--cluster <name>", "group of the proxy")
    .option("--xds-address <address:port>", "where the server listens for proxies", "127.0.0.1:18000")
    .option("--admin-address <address:port>", "Envoy's own admin interface", "127.0.0.1:9901")
    .addOption(new Option("--protocol <variant>", "variant of xDS").choices(["delta", "sotw"]).default("delta"))
    .addOption(
      new Option(
        "--mode <mode>",
        "full: listeners, routes and clusters come from the server; weights: only endpoints do",
      )
        .choices(["full", "weights"])
        .default("full"),
    )
    .option("--workers <n>", "worker threads of the proxy, its --concurrency", integer(1, 1_024), 2)
    .option("--region <region>", "where the proxy runs")
    .option("--zone <zone>", "where the proxy runs");
  withTls(command).action(({ client, cluster, region, zone, ...flags }: Flags, command: Command) => {
    const { nodeId, xdsAddress, adminAddress, protocol, mode, workers } = flags;
    const located = region !== undefined || zone !== undefined;
    const locality = { region: region ?? "", zone: zone ?? "", subZone: "" };
    const identity = { nodeId, nodeCluster: cluster, xdsAddress, ...(located && { locality }) };
    if (client === "grpc") {
      refuseEnvoyFlags(command);
      context.stdout.write(grpcBootstrapJson(identity));
      return;
    }
    const tls = tlsOf(flags, xdsAddress);
    const yaml = bootstrapYaml({ ...identity, adminAddress, protocol, mode, workers, ...(tls && { tls }) });
    if (tls) for (const [name, text] of sdsFiles(tls)) context.writeFile(sdsPath(tls, name), text);
    context.stdout.write(yaml);
  });
}

function refuseEnvoyFlags(command: Command): void {
  const given = Object.entries(ENVOY_FLAGS).find(([name]) => command.getOptionValueSource(name) === "cli");
  if (given) command.error(`error: ${given[1]} is for Envoy; gRPC clients have no such thing.`);
}
