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
  /** `undefined`: any type. */
  readonly onlyType: string | undefined;
}

const perType = (label: string, service: string, noun: string, onlyType: string): DiscoveryService => ({
  label,
  service: `envoy.service.${service}DiscoveryService`,
  sotw: `Stream${noun}`,
  delta: `Delta${noun}`,
  onlyType,
});

export const DISCOVERY_SERVICES: readonly DiscoveryService[] = [
  {
    label: "ads",
    service: "envoy.service.discovery.v3.AggregatedDiscoveryService",
    sotw: "StreamAggregatedResources",
    delta: "DeltaAggregatedResources",
    onlyType: undefined,
  },
  perType("cds", "cluster.v3.Cluster", "Clusters", TYPE_URLS.cluster),
  perType("eds", "endpoint.v3.Endpoint", "Endpoints", TYPE_URLS.endpoint),
  {
    ...perType("leds", "endpoint.v3.LocalityEndpoint", "LocalityEndpoints", TYPE_URLS.localityEndpoint),
    sotw: undefined,
  },
  perType("lds", "listener.v3.Listener", "Listeners", TYPE_URLS.listener),
  perType("rds", "route.v3.Route", "Routes", TYPE_URLS.route),
  perType("srds", "route.v3.ScopedRoutes", "ScopedRoutes", TYPE_URLS.scopedRoute),
  perType("sds", "secret.v3.Secret", "Secrets", TYPE_URLS.secret),
  perType("rtds", "runtime.v3.Runtime", "Runtime", TYPE_URLS.runtime),
  perType("ecds", "extension.v3.ExtensionConfig", "ExtensionConfigs", TYPE_URLS.extensionConfig),
  { ...perType("vhds", "route.v3.VirtualHost", "VirtualHosts", TYPE_URLS.virtualHost), sotw: undefined },
];

const passThrough = (bytes: Buffer): Buffer => bytes;

/** A bidirectional method of bytes; serves for clients too. */
export function bytesMethod(service: string, method: string): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${service}/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  };
}
