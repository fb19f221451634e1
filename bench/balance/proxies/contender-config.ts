// The bootstrap that `steelyard bootstrap` prints, with what the bench adds: a static listener of each Envoy's own, a
// virtual host per contender, and the clusters of those who are not Steelyard's. Steelyard's clusters come over ADS, as for
// any user; only the way in is the same for all, so that none has a shorter one.
import { parse } from "yaml";
import type { Contender } from "../contenders.js";

const TYPE = "type.googleapis.com/envoy.extensions.filters";
const LOAD_REPORT_HEADERS = ["endpoint-load-metrics", "endpoint-load-metrics-bin"];

export interface ContenderConfigOptions {
  readonly contenders: readonly Contender[];
  readonly listenerPort: number;
  readonly routeTimeoutMs: number;
  /** Where Envoy finds the endpoints of a static contender. */
  readonly endpointsFile: (contender: string) => string;
  /** Load reports go there instead of to the control server; for scenarios in which they get lost or lie. */
  readonly loadReportPort?: number;
}

interface Bootstrap {
  static_resources?: { listeners?: unknown[]; clusters?: { name?: string }[] };
  cluster_manager?: { load_stats_config?: Record<string, unknown> };
}

/** As JSON, which is YAML too. @throws Error when the bootstrap has no cluster of the control server */
export function withContenders(bootstrap: string, options: ContenderConfigOptions): string {
  const { contenders, endpointsFile, loadReportPort } = options;
  const document = parse(bootstrap) as Bootstrap;
  const own = document.static_resources ?? {};
  const fixed = contenders.filter((contender) => contender.kind === "static");
  const clusters: unknown[] = [...(own.clusters ?? []), ...fixed.map((one) => cluster(one, endpointsFile(one.name)))];
  const listeners = [...(own.listeners ?? []), listener(options)];
  const result: Bootstrap & Record<string, unknown> = { ...document };
  if (loadReportPort !== undefined) {
    clusters.push(loadReportCluster(own.clusters ?? [], loadReportPort));
    result.cluster_manager = {
      ...document.cluster_manager,
      load_stats_config: {
        ...document.cluster_manager?.load_stats_config,
        grpc_services: [{ envoy_grpc: { cluster_name: LOAD_REPORT_CLUSTER } }],
      },
    };
  }
  return JSON.stringify({ ...result, static_resources: { ...own, listeners, clusters } });
}

const LOAD_REPORT_CLUSTER = "load_report_tap";
const CONTROL_CLUSTER = "xds_cluster";

function listener({ contenders, listenerPort, routeTimeoutMs }: ContenderConfigOptions): unknown {
  const timeout = `${routeTimeoutMs / 1000}s`;
  const filters = contenders.flatMap((contender) => (contender.kind === "static" ? (contender.httpFilters ?? []) : []));
  return {
    name: "bench",
    address: { socket_address: { address: "127.0.0.1", port_value: listenerPort } },
    // After a pause of the machine many connections come at once; those that the default of 128 drops would come back only
    // after 1 s, 3 s, ..., and a pause would become a collapse.
    tcp_backlog_size: 4_096,
    filter_chains: [
      {
        filters: [
          {
            name: "http",
            typed_config: {
              "@type": `${TYPE}.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: "bench",
              route_config: {
                validate_clusters: false, // Steelyard's arrive later
                response_headers_to_remove: LOAD_REPORT_HEADERS,
                virtual_hosts: contenders.map(({ name }) => ({
                  name,
                  domains: [name],
                  routes: [{ match: { prefix: "/" }, route: { cluster: name, timeout } }],
                })),
              },
              http_filters: [
                ...filters,
                { name: "router", typed_config: { "@type": `${TYPE}.http.router.v3.Router` } },
              ],
            },
          },
        ],
      },
    ],
  };
}

/** All that does not choose hosts is as in the clusters that Steelyard makes. */
function cluster({ name, balancing }: Contender & { readonly kind: "static" }, endpointsFile: string): unknown {
  return {
    name,
    type: "EDS",
    connect_timeout: "1s",
    ...balancing,
    eds_cluster_config: {
      eds_config: { resource_api_version: "V3", path_config_source: { path: endpointsFile } },
    },
    common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: "0s" },
    ignore_health_on_host_removal: true,
    circuit_breakers: {
      thresholds: [{ max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 }],
    },
  };
}

function loadReportCluster(clusters: readonly { readonly name?: string }[], port: number): unknown {
  const control = clusters.find(({ name }) => name === CONTROL_CLUSTER);
  if (control === undefined) throw new Error(`no ${CONTROL_CLUSTER} in the bootstrap`);
  const address = { socket_address: { address: "127.0.0.1", port_value: port } };
  return {
    ...control,
    name: LOAD_REPORT_CLUSTER,
    load_assignment: {
      cluster_name: LOAD_REPORT_CLUSTER,
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
  };
}
