// The file a blank Envoy starts with, as commented YAML. Plain text, not a serialised object: its readers are people
// who will copy parts of it into files of their own. Every value that comes from outside is written as a JSON string,
// which is also a YAML string.
import { isIP } from "node:net";
import { SteelyardError } from "../model/errors.js";
import type { Locality } from "../model/instance.js";
import { latencySnippet, ownClusterSnippet, type XdsProtocol } from "./bootstrap-snippets.js";
import { type BootstrapTls, transportSocketSection } from "./bootstrap-tls.js";

/** Who connects, and to whom. */
export interface BootstrapIdentity {
  /** Unique per proxy, 1..256 printable ASCII characters: load reports are told apart by it. */
  readonly nodeId: string;
  /** 1..256 printable ASCII characters; groups proxies. */
  readonly nodeCluster: string;
  /** `HOST:PORT` of this server's gRPC port for data planes. */
  readonly xdsAddress: string;
}

export interface BootstrapOptions extends BootstrapIdentity {
  /** `IP:PORT` for Envoy's own admin interface; port 0 = any free port. */
  readonly adminAddress: string;
  readonly protocol: XdsProtocol;
  /** `full`: everything comes from here. `weights`: clusters and routes are somebody else's, only endpoints come from here. */
  readonly mode: "full" | "weights";
  /** What Envoy is started with as `--concurrency`, 1..1024. */
  readonly workers: number;
  readonly locality?: Locality;
  /** Default: plaintext, for a server on the same host. */
  readonly tls?: BootstrapTls;
}

/** @throws SteelyardError ERR_CONFIG_INVALID naming the option */
export function bootstrapYaml(options: BootstrapOptions): string {
  check(options);
  const body = options.mode === "full" ? fullSections(options) : weightsSections(options);
  return [nodeSection(options), adminSection(options), ...body, xdsClusterSection(options)].join("\n");
}

function nodeSection({ nodeId, nodeCluster, locality, mode, workers }: BootstrapOptions): string {
  const place =
    locality === undefined
      ? ""
      : `  locality: {region: ${quote(locality.region)}, zone: ${quote(locality.zone)}, sub_zone: ${quote(locality.subZone)}}\n`;
  return `# Steelyard bootstrap for Envoy 1.36 or later. Start with:
#   envoy -c THIS_FILE --concurrency ${workers} --use-dynamic-base-id
node:
  id: ${quote(nodeId)} # one per proxy
  cluster: ${quote(nodeCluster)}
${place}  metadata:
    steelyard:
      mode: ${mode}
      workers: ${workers} # must be what --concurrency says: weights are exact only for the right number of workers
`;
}

function adminSection({ adminAddress }: BootstrapOptions): string {
  return `admin:
  address: ${socketAddress(parseAddress("adminAddress", adminAddress))}
`;
}

function fullSections(options: BootstrapOptions): string[] {
  return [
    `# Clusters, endpoints, the listener and its routes arrive over one aggregated stream, in that order.
dynamic_resources:
  ads_config:
    api_type: ${options.protocol === "delta" ? "DELTA_GRPC" : "GRPC"}
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services:
    - envoy_grpc:
        cluster_name: xds_cluster
        # Envoy's own back-off grows to 30 s, and so long would a proxy miss changes after a restart of the server.
        retry_policy: {retry_back_off: {base_interval: 0.2s, max_interval: 1s}}
  cds_config: {resource_api_version: V3, ads: {}}
  lds_config: {resource_api_version: V3, ads: {}}
`,
    loadStatsSection(),
  ];
}

function weightsSections(options: BootstrapOptions): string[] {
  return [
    loadStatsSection(),
    `# Mode "weights": listeners, routes and clusters are yours, static or from another control plane; add them to this
# file, or add the parts of this file to yours. A cluster gets its endpoints and their weights from Steelyard by its
# eds_config, as below. It has a source of its own (api_config_source), not \`ads: {}\`: that would mean "the control
# plane in ads_config", which is the other one, and there can be only one.
#
${ownClusterSnippet(options.protocol)}
#
# Optional, and worth it: lets Envoy measure the latency of each endpoint of such a cluster. Without it, latency is
# estimated from the numbers of requests in flight and completed. Add it to the cluster:
#
${latencySnippet()}
`,
  ];
}

function loadStatsSection(): string {
  return `# Load reports, per endpoint, go back to the server; it answers with the interval. GRPC is the only type there is.
cluster_manager:
  load_stats_config:
    api_type: GRPC
    transport_api_version: V3
    grpc_services:
    - envoy_grpc: {cluster_name: xds_cluster}
`;
}

function xdsClusterSection({ xdsAddress, tls }: BootstrapOptions): string {
  const address = parseXdsAddress(xdsAddress);
  return `static_resources:
  clusters:
  # The control server.
  - name: xds_cluster
    type: ${isIP(address.host) === 0 ? "STRICT_DNS" : "STATIC"}
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config:
          http2_protocol_options:
            # Finds out that a silent server is gone.
            connection_keepalive: {interval: 30s, timeout: 5s}
${tls === undefined ? "" : transportSocketSection(tls)}    load_assignment:
      cluster_name: xds_cluster
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: ${socketAddress(address)}
`;
}

interface HostPort {
  readonly host: string;
  readonly port: number;
}

function socketAddress({ host, port }: HostPort): string {
  return `{socket_address: {address: ${quote(host)}, port_value: ${port}}}`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

const PRINTABLE = /^[\x20-\x7e]{1,256}$/;
const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;

function parseAddress(option: "xdsAddress" | "adminAddress", text: string): HostPort {
  const [, ipv6, other, digits] = ADDRESS.exec(text) ?? [];
  const host = ipv6 ?? other ?? "";
  const port = Number(digits);
  const wrong =
    host === "" || port > 65_535 || (ipv6 !== undefined && isIP(ipv6) !== 6) || (option === "xdsAddress" && port === 0);
  if (wrong) throw invalid(option, `${quote(text)} is not ADDRESS:PORT`);
  if (option === "adminAddress" && isIP(host) === 0) throw invalid(option, `${quote(host)} is not an IP address`);
  return { host, port };
}

/** @throws SteelyardError ERR_CONFIG_INVALID */
export function parseXdsAddress(text: string): HostPort {
  return parseAddress("xdsAddress", text);
}

/** @throws SteelyardError ERR_CONFIG_INVALID */
export function checkIdentity({ nodeId, nodeCluster }: Pick<BootstrapIdentity, "nodeId" | "nodeCluster">): void {
  if (!PRINTABLE.test(nodeId)) throw invalid("nodeId", "1 to 256 printable ASCII characters");
  if (!PRINTABLE.test(nodeCluster)) throw invalid("nodeCluster", "1 to 256 printable ASCII characters");
}

function check(options: BootstrapOptions): void {
  checkIdentity(options);
  const { workers } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > 1_024) throw invalid("workers", "an integer, 1 to 1024");
}

function invalid(option: keyof BootstrapOptions, detail: string): SteelyardError {
  return new SteelyardError("ERR_CONFIG_INVALID", `bootstrap ${option}: ${detail}`);
}
