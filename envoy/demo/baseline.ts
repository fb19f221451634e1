// The baseline beside Steelyard in the same Envoy: a static listener and a LEAST_REQUEST cluster with equal weights, which
// is Envoy's own power of two choices. Its members come from a file that Envoy watches, so that they can change too.
import { renameSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { BASELINE } from "./cast.js";

const TYPE = "type.googleapis.com/";
const LISTENER_TYPE = `${TYPE}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER_TYPE = `${TYPE}envoy.extensions.filters.http.router.v3.Router`;

interface Bootstrap {
  static_resources?: { listeners?: unknown[]; clusters?: unknown[] };
}

/** `bootstrap` with the baseline added. As JSON, which is YAML too: Envoy would read an unquoted `on` as a boolean. */
export function withBaseline(bootstrap: string, listenerPort: number, endpointsFile: string): string {
  const document = parse(bootstrap) as Bootstrap;
  const own = document.static_resources ?? {};
  const listeners = [...(own.listeners ?? []), listener(listenerPort)];
  const clusters = [...(own.clusters ?? []), cluster(endpointsFile)];
  return JSON.stringify({ ...document, static_resources: { ...own, listeners, clusters } });
}

/** Replaces the members in one rename: that is what Envoy watches for. */
export function writeEndpoints(
  endpointsFile: string,
  members: readonly { readonly port: number; readonly draining: boolean }[],
): void {
  const endpoints = members.map(({ port, draining }) => ({
    endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } },
    health_status: draining ? "DRAINING" : "HEALTHY",
  }));
  const assignment = {
    "@type": `${TYPE}envoy.config.endpoint.v3.ClusterLoadAssignment`,
    cluster_name: BASELINE,
    endpoints: [{ lb_endpoints: endpoints }],
  };
  writeFileSync(`${endpointsFile}.new`, JSON.stringify({ resources: [assignment] }));
  renameSync(`${endpointsFile}.new`, endpointsFile);
}

function listener(port: number): unknown {
  const route = { match: { prefix: "/" }, route: { cluster: BASELINE, timeout: "15s" } };
  return {
    name: BASELINE,
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: "http",
            typed_config: {
              "@type": LISTENER_TYPE,
              stat_prefix: BASELINE,
              route_config: { virtual_hosts: [{ name: BASELINE, domains: ["*"], routes: [route] }] },
              http_filters: [{ name: "router", typed_config: { "@type": ROUTER_TYPE } }],
            },
          },
        ],
      },
    ],
  };
}

function cluster(endpointsFile: string): unknown {
  return {
    name: BASELINE,
    type: "EDS",
    connect_timeout: "1s",
    lb_policy: "LEAST_REQUEST",
    eds_cluster_config: {
      eds_config: { resource_api_version: "V3", path_config_source: { path: endpointsFile } },
    },
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    ignore_health_on_host_removal: true,
    circuit_breakers: {
      thresholds: [{ max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 }],
    },
  };
}
