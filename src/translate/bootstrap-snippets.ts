// The commented examples of the `weights` bootstrap: what to put into a cluster of one's own.
// Invariant: without the leading "# " each is valid YAML under `static_resources.clusters`, and Envoy takes it.
import { EMPTY_REPORT, REPORT_HEADERS, REPORT_VALUE, REPORTED_METRICS } from "./latency-filter.js";

/** Variant of xDS: only what changed (`delta`), or all of a type every time (`sotw`, state of the world). */
export type XdsProtocol = "delta" | "sotw";

/** A static cluster whose endpoints come from this server. */
export function ownClusterSnippet(protocol: XdsProtocol): string {
  return commented(`  - name: checkout # yours; the service name of Steelyard goes into eds_cluster_config
    type: EDS
    eds_cluster_config:
      service_name: checkout
      eds_config:
        resource_api_version: V3
        api_config_source:
          api_type: ${protocol === "delta" ? "DELTA_GRPC" : "GRPC"}
          transport_api_version: V3
          set_node_on_first_message_only: true
          grpc_services:
          - envoy_grpc:
              cluster_name: xds_cluster
              retry_policy: {retry_back_off: {base_interval: 0.2s, max_interval: 1s}}
    connect_timeout: 1s
    lb_policy: LEAST_REQUEST # weights are computed for it
    common_lb_config:
      healthy_panic_threshold: {value: 0} # the default sends traffic to endpoints that are draining
      update_merge_window: 0s
    ignore_health_on_host_removal: true`);
}

/** The latency filter of a cluster (HTTP/1.1 to the backends; for HTTP/2 write `http2_protocol_options`). */
export function latencySnippet(): string {
  const [own, binary] = REPORT_HEADERS;
  return commented(`    lrs_report_endpoint_metrics: ${JSON.stringify(REPORTED_METRICS)}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http_protocol_options: {}} # or {http2_protocol_options: {}}
        http_filters:
        - name: envoy.filters.http.header_mutation
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation
            mutations:
              response_mutations:
              - remove: ${binary}
              - append:
                  append_action: ADD_IF_ABSENT
                  header: {key: ${own}, value: "${EMPTY_REPORT}"}
              - append:
                  append_action: OVERWRITE_IF_EXISTS_OR_ADD
                  header:
                    key: ${own}
                    value: "${REPORT_VALUE}"
        - name: envoy.filters.http.upstream_codec
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec
# and to your route configuration, so that callers do not see it:
#   response_headers_to_remove: ${JSON.stringify(REPORT_HEADERS)}`);
}

function commented(yaml: string): string {
  return yaml
    .split("\n")
    .map((line) => (line.startsWith("#") ? line : `# ${line}`))
    .join("\n");
}
