// `steelyard bootstrap`: the file a blank Envoy starts with, on standard output.
import { type Command, Option } from "commander";
import { type BootstrapOptions, bootstrapYaml } from "../../app/bootstrap.js";
import type { CliContext } from "../context.js";
import { integer } from "../options.js";

interface Flags
  extends Pick<BootstrapOptions, "nodeId" | "xdsAddress" | "adminAddress" | "protocol" | "mode" | "workers"> {
  readonly cluster: string;
  readonly region?: string;
  readonly zone?: string;
}

export function addBootstrap(program: Command, context: CliContext): void {
  program
    .command("bootstrap")
    .description("print an Envoy configuration that connects to this server")
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
    .option("--zone <zone>", "where the proxy runs")
    .action(({ cluster, region, zone, ...flags }: Flags) => {
      const located = region !== undefined || zone !== undefined;
      const locality = { region: region ?? "", zone: zone ?? "", subZone: "" };
      context.stdout.write(bootstrapYaml({ ...flags, nodeCluster: cluster, ...(located && { locality }) }));
    });
}
