// Decoded protobuf as JSON that a person can review: packed messages are opened, empty fields are left out.
import { Cluster } from "../../../src/gen/envoy/config/cluster/v3/cluster.js";
import { ClusterLoadAssignment } from "../../../src/gen/envoy/config/endpoint/v3/endpoint.js";
import { Listener } from "../../../src/gen/envoy/config/listener/v3/listener.js";
import { RouteConfiguration } from "../../../src/gen/envoy/config/route/v3/route.js";
import { HttpGrpcAccessLogConfig } from "../../../src/gen/envoy/extensions/access_loggers/grpc/v3/als.js";
import { HeaderMutation } from "../../../src/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.js";
import { Router } from "../../../src/gen/envoy/extensions/filters/http/router/v3/router.js";
import { UpstreamCodec } from "../../../src/gen/envoy/extensions/filters/http/upstream_codec/v3/upstream_codec.js";
import { HttpConnectionManager } from "../../../src/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.js";
import { TcpProxy } from "../../../src/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.js";
import { PreviousHostsPredicate } from "../../../src/gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.js";
import { Secret } from "../../../src/gen/envoy/extensions/transport_sockets/tls/v3/secret.js";
import { UpstreamTlsContext } from "../../../src/gen/envoy/extensions/transport_sockets/tls/v3/tls.js";
import { HttpProtocolOptions } from "../../../src/gen/envoy/extensions/upstreams/http/v3/http_protocol_options.js";

const TYPES = new Map<string, { decode(bytes: Uint8Array): unknown }>(
  [
    Cluster,
    ClusterLoadAssignment,
    Listener,
    RouteConfiguration,
    HttpGrpcAccessLogConfig,
    HeaderMutation,
    Router,
    UpstreamCodec,
    HttpConnectionManager,
    HttpProtocolOptions,
    PreviousHostsPredicate,
    Secret,
    TcpProxy,
    UpstreamTlsContext,
  ].map((type) => [`type.googleapis.com/${type.$type}`, type]),
);

/** @throws Error for a type that is not in the list above */
export function readable(typeUrl: string, bytes: Uint8Array): unknown {
  const type = TYPES.get(typeUrl);
  if (type === undefined) throw new Error(`no decoder for ${typeUrl}`);
  return { "@type": typeUrl, ...(plain(type.decode(bytes)) as object) };
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("typeUrl" in value && "value" in value) return readable(String(value.typeUrl), value.value as Uint8Array);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, field]) => !isEmpty(field) && !(EMPTY_MAPS.has(key) && Object.keys(field as object).length === 0))
      .map(([key, field]) => [key, plain(field)]),
  );
}

/** Map fields, which are there even when nothing was set. An empty message such as `ads: {}` means something. */
const EMPTY_MAPS = new Set(["typedPerFilterConfig", "namedEndpoints"]);

function isEmpty(field: unknown): boolean {
  const isList = Array.isArray(field) || Buffer.isBuffer(field);
  return field === undefined || field === "" || field === false || (isList && field.length === 0);
}
