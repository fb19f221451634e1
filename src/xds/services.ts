// The gRPC services of the discovery protocol. Messages pass through as bytes: requests are decoded by the stream, so that
// malformed ones end with a status of ours, and responses are encoded once for all streams.
import type { MethodDefinition } from "@grpc/grpc-js";
import { TYPE_URLS } from "./type-rules.js";

export interface DiscoveryService {
  /** First half of a transport's name: `ads`, `cds`, … */
  readonly label: string;
  readonly service: string;
  /** Methods by variant; virtual hosts and locality endpoints have no state of the world. */
  readonly sotw: string | undefined;
  readonly delta: string;
  /** The method without a stream, and what it is called over REST: `/v3/discovery:NAME`. */
  readonly fetch: { readonly method: string; readonly rest: string } | undefined;
  /** `undefined`: any type. */
  readonly onlyType: string | undefined;
}

const perType = (label: string, service: string, noun: string, onlyType: string, rest?: string): DiscoveryService => ({
  label,
  service: `envoy.service.${service}DiscoveryService`,
  sotw: rest === undefined ? undefined : `Stream${noun}`,
  delta: `Delta${noun}`,
  fetch: rest === undefined ? undefined : { method: `Fetch${noun}`, rest },
  onlyType,
});

export const DISCOVERY_SERVICES: readonly DiscoveryService[] = [
  {
    label: "ads",
    service: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    sotw: "StreamAggregatedResources",
    delta: "DeltaAggregatedResources",
    fetch: undefined,
    onlyType: undefined,
  },
  perType("cds", "cluster.v3.Cluster", "Clusters", TYPE_URLS.cluster, "clusters"),
  perType("eds", "endpoint.v3.Endpoint", "Endpoints", TYPE_URLS.endpoint, "endpoints"),
  perType("leds", "endpoint.v3.LocalityEndpoint", "LocalityEndpoints", TYPE_URLS.localityEndpoint),
  perType("lds", "listener.v3.Listener", "Listeners", TYPE_URLS.listener, "listeners"),
  perType("rds", "route.v3.Route", "Routes", TYPE_URLS.route, "routes"),
  perType("srds", "route.v3.ScopedRoutes", "ScopedRoutes", TYPE_URLS.scopedRoute, "scoped-routes"),
  perType("sds", "secret.v3.Secret", "Secrets", TYPE_URLS.secret, "secrets"),
  perType("rtds", "runtime.v3.Runtime", "Runtime", TYPE_URLS.runtime, "runtime"),
  perType("ecds", "extension.v3.ExtensionConfig", "ExtensionConfigs", TYPE_URLS.extensionConfig, "extension_configs"),
  perType("vhds", "route.v3.VirtualHost", "VirtualHosts", TYPE_URLS.virtualHost),
];

const passThrough = (bytes: Buffer): Buffer => bytes;

/** A method of bytes, bidirectional unless `unary`; serves for clients too. */
export function bytesMethod(service: string, method: string, kind?: "unary"): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${service}/${method}`,
    requestStream: kind !== "unary",
    responseStream: kind !== "unary",
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  };
}
